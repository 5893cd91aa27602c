import { createWakeup } from "@geomesh/runtime/async/wakeup";
import { failureLevel } from "@geomesh/runtime/errors";
import type { EventBus } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import { drainOutbox, type Publisher } from "../store/drain-outbox.ts";
import type { AuthDatabase } from "../store/schema.ts";
import { AUTH_STREAM, CHANGE_COMMITTED } from "./events.ts";
import { publishFact } from "./publish-fact.ts";

/** How long a change may wait that another process committed before it ended without publishing it. */
const POLL_MS = 2_000;
const RETRY_MS = 250;

/** Publishes the facts of committed changes, and hints at the changes, in the background. */
export interface Outbox {
  /** Says that something was committed, which is published at once. */
  wake(): void;
  /** Ends after the change that is being published. */
  close(): Promise<void>;
}

/** What the outbox needs. */
export interface OutboxDeps {
  readonly db: AuthDatabase;
  readonly events: EventBus;
  readonly log: Log;
}

/** Publishes facts in the order of revisions, as soon as they are committed and NATS is available. */
export function startOutbox({ db, events, log }: OutboxDeps): Outbox {
  const wakeup = createWakeup();
  const stopping = new AbortController();
  const status = events.onStatus(() => wakeup.call());
  let isStreamEnsured = false;
  const publisher: Publisher = {
    hint: (newest) => events.announce(CHANGE_COMMITTED, newest),
    publish: (fact) => publishFact(events, fact),
  };
  const stopped = run();

  async function run(): Promise<void> {
    let isFailing = false;
    while (!stopping.signal.aborted) {
      try {
        if (events.connected) await publishAll();
        if (isFailing) log.info("changes are published again");
        isFailing = false;
      } catch (error) {
        if (!isFailing) {
          const level = failureLevel(error, "warn");
          log[level]({ err: error }, "cannot publish changes; they wait in the outbox");
        }
        isFailing = true;
        isStreamEnsured = false;
      }
      await wakeup.wait(isFailing ? RETRY_MS : POLL_MS);
    }
  }

  async function publishAll(): Promise<void> {
    if (!isStreamEnsured) await events.ensureStream({ ...AUTH_STREAM, signal: stopping.signal });
    isStreamEnsured = true;
    while (!stopping.signal.aborted && (await drainOutbox(db, publisher)) > 0);
  }

  return {
    wake: () => wakeup.call(),
    async close() {
      status.close();
      stopping.abort();
      wakeup.call();
      await stopped;
    },
  };
}
