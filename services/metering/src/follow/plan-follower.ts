import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import type { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import type { Clock } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import {
  type ChangeFollower,
  type ChangeFollowerOptions,
  startChangeFollower,
} from "@geomesh/runtime/follow/change-follower";
import type { ChangeSink } from "@geomesh/runtime/follow/change-sink";
import type { TsProtoClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { CHANGE_COMMITTED } from "./events.ts";
import { applyNext, isFollowed, readPosition, replaceAll } from "./followed-changes.ts";

/** What the follower works with. */
export interface PlanFollowerDeps {
  readonly db: MeteringDatabase;
  readonly events: Pick<EventBus, "subscribe">;
  /** Makes a client of auth's directory, which the follower closes. */
  readonly connect: () => TsProtoClient<typeof DirectoryServiceService>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Follows auth into the tables of accounts and plans, from the position that the database holds. */
export function startPlanFollower(
  { db, events, connect, clock, log }: PlanFollowerDeps,
  options: ChangeFollowerOptions = {},
): ChangeFollower {
  return startChangeFollower<Change>(
    {
      subscribe: (handle) => events.subscribe(CHANGE_COMMITTED, handle),
      connect,
      sink: databaseSink(db),
      clock,
      log,
    },
    { what: "accounts and plans", ...options },
  );
}

/** A load is collected in memory, and takes the place of what is held in one transaction. */
function databaseSink(db: MeteringDatabase): ChangeSink<Change> {
  return {
    held: () => readPosition(db),
    apply: (next) => applyNext(db, next),
    load(from) {
      const loaded: Change[] = [];
      return {
        add(changes) {
          loaded.push(...changes.filter(isFollowed));
        },
        finish: (position) => replaceAll(db, from, loaded, position),
      };
    },
  };
}
