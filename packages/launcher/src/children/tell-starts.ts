import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import type { Children } from "./children.ts";

/** So that a person is never left without a word for longer, in milliseconds. */
const SILENCE_MS_MAX = 2_000;
/** How often readiness is looked at, in milliseconds. */
const LOOK_MS = 100;

/** What a teller works with. */
export interface TellDeps {
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * Tells the person at the terminal how far a start is: each process as it becomes ready, and whenever nothing was said for 2 s,
 * what is still waited for and why. Ends with `close()`.
 */
export function tellStarts(
  children: Children,
  { report, clock = SYSTEM_CLOCK }: TellDeps,
): { close(): void } {
  const startedAtMs = clock.monotonicMs();
  const waiting = new Set(children.keys());
  let saidAtMs = startedAtMs;
  const tell = (line: string) => {
    saidAtMs = clock.monotonicMs();
    report(line);
  };
  const seconds = () => `${((clock.monotonicMs() - startedAtMs) / 1000).toFixed(1)} s`;
  const look = () => {
    for (const name of waiting) {
      if (children.get(name)?.isUp !== true) continue;
      waiting.delete(name);
      tell(`  ${name} is ready, ${seconds()}`);
    }
    if (clock.monotonicMs() - saidAtMs < SILENCE_MS_MAX || waiting.size === 0) return;
    const whys = [...waiting].map((name) => {
      const [why] = children.get(name)?.problems ?? [];
      return why === undefined ? name : `${name} (${why})`;
    });
    tell(`  waiting for ${whys.join(", ")}, ${seconds()}`);
  };
  tell(`Starting ${[...waiting].join(", ")} …`);
  const timer = setInterval(look, LOOK_MS);
  return {
    close() {
      look();
      clearInterval(timer);
    },
  };
}
