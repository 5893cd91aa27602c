import { createWakeup } from "@geomesh/runtime/async/wakeup";
import type { EventBus } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import { type CommittedChange, drainOutbox } from "../store/drain-outbox.ts";
import type { AuthDatabase } from "../store/schema.ts";
import { AUTH_STREAM, CHANGE_COMMITTED } from "./events.ts";

/** How long a change may wait that another process committed and then died before publishing. */
const POLL_MS = 2000;
const RETRY_MS = 250;

export interface Outbox {
  /** Something was committed: publish it now. */
  wake(): void;
  /** Ends after the change that is being published. */
  close(): Promise<void>;
}

/** Publishes committed changes in the order of revisions, as soon as they are committed and NATS is there. */
export function startOutbox(dependencies: {
  db: AuthDatabase;
  events: EventBus;
  log: Log;
}): Outbox {
  const { db, events, log } = dependencies;
  const wakeup = createWakeup();
  const stopping = new AbortController();
  const status = events.onStatus(() => wakeup.call());
  let streamEnsured = false;
  const stopped = run();

  async function run(): Promise<void> {
    let failing = false;
    while (!stopping.signal.aborted) {
      try {
        if (events.connected) await publishAll();
        if (failing) log.info("changes are published again");
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ err: error }, "changes wait in the outbox");
        failing = true;
        streamEnsured = false;
      }
      await wakeup.wait(failing ? RETRY_MS : POLL_MS);
    }
  }

  async function publishAll(): Promise<void> {
    if (!streamEnsured) await events.ensureStream({ ...AUTH_STREAM, signal: stopping.signal });
    streamEnsured = true;
    while (!stopping.signal.aborted && (await drainOutbox(db, publish)) > 0);
  }

  async function publish({ change, commitTime }: CommittedChange): Promise<void> {
    const id = `auth.${change.revision}`;
    await events.publish(CHANGE_COMMITTED, { change }, { id, time: commitTime });
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
