import type { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { createInbox } from "@geomesh/runtime/async/inbox";
import { coalesced } from "@geomesh/runtime/async/single-flight";
import type { EventBus } from "@geomesh/runtime/events/bus";
import type { TypedClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { catchUp } from "./catch-up.ts";
import { CHANGE_COMMITTED, REVISION_BEAT } from "./events.ts";
import { applyNext, readRevision } from "./followed-changes.ts";

/** Changes that wait to be applied. More are dropped: the next beat shows the gap. */
const WAITING_MAX = 1_000;

/** How often auth is asked when no event says anything, such as while NATS is away. */
const POLL_MS = 5_000;

/** Keeps accounts and plans as auth has them. */
export interface PlanFollower {
  /** Resolves when all that was committed before the call is held here. Errors: UNAVAILABLE while auth is away. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/** Follows auth by its events, and by `streamChanges` at the start and whenever revisions are missing. */
export function followPlans(dependencies: {
  db: MeteringDatabase;
  events: EventBus;
  streamChanges: TypedClient<typeof AuthServiceService>["streamChanges"];
  log: Log;
}): PlanFollower {
  const { db, events, streamChanges, log } = dependencies;
  const stopping = new AbortController();
  const { signal } = stopping;
  const load = coalesced(() => catchUp(db, (request) => streamChanges(request, { signal })));
  const inbox = createInbox(WAITING_MAX, (err) => {
    if (!signal.aborted) log.warn({ err }, "plans may be out of date");
  });

  async function take(change: Change): Promise<void> {
    if (await applyNext(db, change)) return;
    if (change.revision > (await readRevision(db))) await load();
  }

  async function compare(revision: bigint): Promise<void> {
    if (revision !== (await readRevision(db))) await load();
  }

  const changes = events.subscribe(CHANGE_COMMITTED, ({ change }) => {
    if (change !== undefined) inbox.add(() => take(change));
  });
  const beats = events.subscribe(REVISION_BEAT, ({ revision }) => {
    inbox.add(() => compare(revision));
  });
  inbox.add(load);
  const poll = setInterval(() => inbox.add(load), POLL_MS);

  return {
    catchUp: load,
    async close() {
      clearInterval(poll);
      stopping.abort();
      changes.close();
      beats.close();
      await inbox.idle();
    },
  };
}
