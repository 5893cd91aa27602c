import type { Log } from "../log.ts";

/** How often readiness is looked at, in milliseconds. */
const LOOK_MS = 250;

/** Why a process is not ready. */
export interface ReadinessProblem {
  /** Stable, in lower case with underscores, such as `keys_stale`; docs/operations.md lists them. */
  readonly reason: string;
  /** For a person, such as "API keys are not loaded yet". */
  readonly message: string;
}

/** Tells why a process is not ready; empty when it is. Never rejects. */
export type Problems = () => readonly ReadinessProblem[] | Promise<readonly ReadinessProblem[]>;

/** What a readiness log works with. */
export interface ReadinessLogDeps {
  readonly problems: Problems;
  readonly log: Log;
}

/** Logs when a process becomes ready, and when it no longer is, with the problems. Looks four times a second. */
export function startReadinessLog({ problems, log }: ReadinessLogDeps): { close(): void } {
  let wasReady = false;
  let isLooking = false;
  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    const found = await problems();
    isLooking = false;
    const isReady = found.length === 0;
    if (isReady === wasReady) return;
    wasReady = isReady;
    if (isReady) log.info("ready");
    else log.warn({ problems: found }, "no longer ready");
  }
  const timer = setInterval(() => void look(), LOOK_MS);
  void look();
  return { close: () => clearInterval(timer) };
}
