import { pause } from "@geomesh/runtime/async/pause";
import { withTimeLimit } from "@geomesh/runtime/async/time-limit";
import { ANSWER_MS_MAX, type Directory } from "./directory.ts";

const BEAT_MS = 1_000;

/** What the beat needs. */
export interface BeatDeps {
  readonly directory: Pick<Directory, "ask" | "take" | "doubt">;
  /** Hears of each answer that came in time. */
  onAnswer(): void;
}

/**
 * Asks the database about once a second how far it is, which confirms to all watchers what they hold, or finds what other
 * processes changed. An answer that takes longer than a second confirms nothing.
 */
export function startBeat({ directory, onAnswer }: BeatDeps): { close(): Promise<void> } {
  const stopping = new AbortController();
  const stopped = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await beat();
      await pause(BEAT_MS, stopping.signal);
    }
  }

  async function beat(): Promise<void> {
    try {
      const answer = await withTimeLimit(directory.ask(), ANSWER_MS_MAX);
      if (stopping.signal.aborted) return;
      onAnswer();
      // Reading may take longer than a beat; its failure is logged, and the next beat tries again.
      directory.take(answer).catch(() => undefined);
    } catch {
      directory.doubt();
    }
  }

  return {
    async close() {
      stopping.abort();
      await stopped;
    },
  };
}
