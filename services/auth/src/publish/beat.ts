import { createWakeup } from "@geomesh/runtime/async/wakeup";
import type { EventBus } from "@geomesh/runtime/events/bus";
import type { AuthDatabase } from "../store/schema.ts";
import { readRevision } from "../store/write.ts";
import { REVISION_BEAT } from "./events.ts";

const BEAT_MS = 1000;
const ANSWER_MS_MAX = 1000;

/**
 * Asks the database for the newest revision once a second and announces it. An answer that took longer than a
 * second is not announced: followers trust a beat to be fresh. `onDatabase` hears whether the database answers.
 */
export function startBeat(dependencies: {
  db: AuthDatabase;
  events: EventBus;
  onDatabase(answers: boolean): void;
}): { close(): Promise<void> } {
  const { db, events, onDatabase } = dependencies;
  const wakeup = createWakeup();
  let closing = false;
  const stopped = run();

  async function run(): Promise<void> {
    while (!closing) {
      await beat();
      await wakeup.wait(BEAT_MS);
    }
  }

  async function beat(): Promise<void> {
    let late = false;
    const overdue = setTimeout(() => {
      late = true;
      onDatabase(false);
    }, ANSWER_MS_MAX);
    try {
      const revision = await readRevision(db);
      if (late || closing) return;
      events.announce(REVISION_BEAT, { revision });
      onDatabase(true);
    } catch {
      onDatabase(false);
    } finally {
      clearTimeout(overdue);
    }
  }

  return {
    async close() {
      closing = true;
      wakeup.call();
      await stopped;
    },
  };
}
