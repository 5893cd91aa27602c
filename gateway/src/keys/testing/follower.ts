import { create } from "@bufbuild/protobuf";
import { ChangeCommittedSchema } from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import { Closers } from "@geomesh/runtime/closers";
import { esEvent } from "@geomesh/runtime/events/event";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { busForTest, natsForTest } from "@geomesh/testing/test-bus";
import { createTestClock } from "@geomesh/testing/test-clock";
import { onTestFinished } from "vitest";
import { acknowledgeBy } from "../acknowledge.ts";
import { startKeyFollower } from "../key-follower.ts";
import { KeyTable } from "../key-table.ts";
import { authForTest } from "./auth.ts";

const CHANGE_COMMITTED = esEvent(ChangeCommittedSchema);

/** Where the process of a follower has locked its directory. */
export const PLACE = Buffer.alloc(32, 1);

/** A follower that has not begun, over a real nats-server, with a clock that only the test moves. */
export async function followerForTest() {
  const nats = await natsForTest();
  const events = await busForTest(nats.url);
  const auth = await authForTest();
  const table = new KeyTable();
  const clock = createTestClock();
  await eventually(() => events.connected);
  return {
    ...{ nats, auth, table, clock },
    /** Hints at a change as auth's outbox does. */
    hint(historyId: string, revision: bigint) {
      events.announce(CHANGE_COMMITTED, create(ChangeCommittedSchema, { historyId, revision }));
    },
    start() {
      const log = createLog({ service: "test", level: "silent" });
      const { connect } = auth;
      const client = connect();
      const closers = new Closers(log);
      onTestFinished(() => closers.closeAll());
      const self = { place: PLACE, epoch: 7n, stalenessMaxMs: 30_000 };
      const acknowledge = acknowledgeBy(client, { closers, log }, self);
      const deps = { events, connect, table, acknowledge, clock, log };
      const follower = startKeyFollower(deps, { checkMs: 20 });
      onTestFinished(() => follower.close());
      return follower;
    },
  };
}
