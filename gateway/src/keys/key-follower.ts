import type { Change } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import type { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import { ChangeCommittedSchema } from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import type { Clock } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { esEvent } from "@geomesh/runtime/events/event";
import type { Acknowledge } from "@geomesh/runtime/follow/acknowledger";
import {
  type ChangeFollowerOptions,
  startChangeFollower,
} from "@geomesh/runtime/follow/change-follower";
import { type ChangeSink, NOTHING_HELD } from "@geomesh/runtime/follow/change-sink";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import { KeyTable } from "./key-table.ts";

const NOT_LOADED: ReadinessProblem = {
  reason: "keys_not_loaded",
  message: "API keys are not loaded yet",
};
const STALE: ReadinessProblem = {
  reason: "keys_stale",
  message: "auth has been silent for so long that no API key is accepted",
};
const CHANGE_COMMITTED = esEvent(ChangeCommittedSchema);

/** What the follower works with. */
export interface KeyFollowerDeps {
  readonly events: Pick<EventBus, "subscribe">;
  /** Makes a client of auth's directory, which the follower closes. */
  readonly connect: () => EsClient<typeof DirectoryService>;
  readonly table: KeyTable;
  /** Tells auth how far the table is; default is nobody. */
  readonly acknowledge?: Acknowledge;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps a key table equal to auth's. */
export interface KeyFollower {
  /** Milliseconds since the table was last known to be equal to auth's; infinite until it was loaded once. */
  beatAgeMs(): number;
  /**
   * Why requests cannot be answered; empty once the table is loaded, until it is older than so many milliseconds.
   */
  problems(stalenessMaxMs: number): ReadinessProblem[];
  close(): Promise<void>;
}

/** Follows auth into a key table, which must be empty. */
export function startKeyFollower(
  { events, connect, table, acknowledge, clock, log }: KeyFollowerDeps,
  options: ChangeFollowerOptions = {},
): KeyFollower {
  const follower = startChangeFollower<Change>(
    {
      subscribe: (handle) => events.subscribe(CHANGE_COMMITTED, handle),
      connect,
      sink: tableSink(table),
      ...(acknowledge && { acknowledge }),
      clock,
      log,
    },
    { what: "API keys", ...options },
  );
  return {
    beatAgeMs: follower.beatAgeMs,
    problems(stalenessMaxMs) {
      if (!follower.isLoaded()) return [NOT_LOADED];
      return follower.beatAgeMs() > stalenessMaxMs ? [STALE] : [];
    },
    close: follower.close,
  };
}

/** The table with its position. A load fills a second table, so that keys are accepted meanwhile by what was held before. */
function tableSink(table: KeyTable): ChangeSink<Change> {
  let held = NOTHING_HELD;
  return {
    held: () => held,
    apply({ from, changes, through }) {
      for (const change of changes) table.apply(change);
      if (through !== undefined) held = { historyId: from.historyId, revision: through };
    },
    load() {
      const loaded = new KeyTable();
      return {
        add(changes) {
          for (const change of changes) loaded.apply(change);
        },
        finish(position) {
          table.replaceBy(loaded);
          held = position;
        },
      };
    },
  };
}
