import type { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import type { Clock } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import {
  type ChangeFollower,
  type ChangeSink,
  startChangeFollower,
} from "@geomesh/runtime/follow/change-follower";
import type { TsProtoClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { CHANGE_COMMITTED, REVISION_BEAT } from "./events.ts";
import { applyAll, completeThrough, forgetAll, readRevision } from "./followed-changes.ts";

/** What the follower works with. */
export interface PlanFollowerDeps {
  readonly db: MeteringDatabase;
  readonly events: EventBus;
  readonly auth: Pick<TsProtoClient<typeof AuthServiceService>, "streamChanges">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Follows auth into the tables of accounts and plans, from the revision that the database holds. */
export function startPlanFollower({
  db,
  events,
  auth,
  clock,
  log,
}: PlanFollowerDeps): ChangeFollower {
  return startChangeFollower(
    {
      events,
      changeCommitted: CHANGE_COMMITTED,
      revisionBeat: REVISION_BEAT,
      streamChanges: auth.streamChanges,
      sink: databaseSink(db),
      clock,
      log,
    },
    { what: "accounts and plans" },
  );
}

function databaseSink(db: MeteringDatabase): ChangeSink<Change> {
  return {
    heldRevision: () => readRevision(db),
    apply: (changes) => applyAll(db, changes),
    completeThrough: (revision, from) => completeThrough(db, revision, from),
    forget: () => forgetAll(db),
  };
}
