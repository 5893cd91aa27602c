import { pause } from "@geomesh/runtime/async/pause";
import { coalesced } from "@geomesh/runtime/async/single-flight";
import { withTimeLimit } from "@geomesh/runtime/async/time-limit";
import type { EventBus } from "@geomesh/runtime/events/bus";
import type { AuthDatabase } from "../store/schema.ts";
import { readRevision } from "../store/write.ts";
import { REVISION_BEAT } from "./events.ts";

const BEAT_MS = 1_000;
const ANSWER_MS_MAX = 1_000;

/** What the beat needs. */
export interface BeatDeps {
  readonly db: AuthDatabase;
  readonly events: EventBus;
  /** Hears after each question whether the database answered in time. */
  onAnswer(answers: boolean): void;
}

/**
 * Asks the database for its newest revision about once a second and announces it. An answer that takes longer than a
 * second is not announced: followers trust a beat to be fresh.
 */
export function startBeat({ db, events, onAnswer }: BeatDeps): { close(): Promise<void> } {
  const stopping = new AbortController();
  // One question at a time; a late answer is not taken for that to a later question.
  const ask = coalesced(() => readRevision(db));
  const stopped = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await beat();
      await pause(BEAT_MS, stopping.signal);
    }
  }

  async function beat(): Promise<void> {
    try {
      const revision = await withTimeLimit(ask(), ANSWER_MS_MAX);
      if (stopping.signal.aborted) return;
      events.announce(REVISION_BEAT, { revision });
      onAnswer(true);
    } catch {
      onAnswer(false);
    }
  }

  return {
    async close() {
      stopping.abort();
      await stopped;
    },
  };
}
