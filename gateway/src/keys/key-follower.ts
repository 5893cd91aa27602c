import type { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { Change } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import {
  ChangeCommittedSchema,
  RevisionBeatSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import type { Clock } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { esEvent } from "@geomesh/runtime/events/event";
import { type ChangeSink, startChangeFollower } from "@geomesh/runtime/follow/change-follower";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { KeyTable } from "./key-table.ts";

const CHANGE_COMMITTED = esEvent(ChangeCommittedSchema);
const REVISION_BEAT = esEvent(RevisionBeatSchema);

/** What the follower works with. */
export interface KeyFollowerDeps {
  readonly events: EventBus;
  readonly auth: Pick<EsClient<typeof AuthService>, "streamChanges">;
  readonly table: KeyTable;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps a key table equal to auth's. */
export interface KeyFollower {
  /** Milliseconds since the table was last known to be equal to auth's; infinite until it was loaded once. */
  beatAgeMs(): number;
  /** Why requests cannot be answered yet; empty once the table is loaded. */
  problems(): string[];
  close(): Promise<void>;
}

/** Follows auth into a key table, from the first revision on. */
export function startKeyFollower({
  events,
  auth,
  table,
  clock,
  log,
}: KeyFollowerDeps): KeyFollower {
  const follower = startChangeFollower(
    {
      events,
      changeCommitted: CHANGE_COMMITTED,
      revisionBeat: REVISION_BEAT,
      streamChanges: auth.streamChanges,
      sink: tableSink(table),
      clock,
      log,
    },
    { what: "API keys" },
  );
  return {
    beatAgeMs: follower.beatAgeMs,
    problems: () => (follower.isLoaded() ? [] : ["API keys are not loaded yet"]),
    close: follower.close,
  };
}

/** The table with the revision up to which it is complete. */
function tableSink(table: KeyTable): ChangeSink<Change> {
  let held = 0n;
  return {
    heldRevision: () => held,
    apply(changes) {
      for (const change of changes) table.apply(change);
    },
    completeThrough(revision, from) {
      if (held >= from && revision > held) held = revision;
    },
    forget() {
      table.clear();
      held = 0n;
    },
  };
}
