import { Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { ChangeCommitted } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { createDirectoryStandIn } from "@geomesh/testing/directory-stand-in";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { onTestFinished } from "vitest";
import type { EventBus } from "../../events/bus.ts";
import { grpcEvent } from "../../events/event.ts";
import { createTsProtoClient } from "../../grpc/client.ts";
import { createLog } from "../../log.ts";
import { type ChangeFollowerOptions, startChangeFollower } from "../change-follower.ts";
import { PlanSink } from "./plan-sink.ts";

const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);
const LOG = createLog({ service: "test", level: "silent" });

/** A follower that has not begun, with a clock that only the test moves, of an auth that holds plan `a` at revision 1. */
export async function prepareFollower(events: EventBus, sink = new PlanSink()) {
  const auth = await createDirectoryStandIn();
  await auth.start();
  onTestFinished(() => auth.stop());
  const clock = createTestClock();
  const prepared = {
    ...{ auth, clock, sink },
    /** Clients that were made. */
    clients: 0,
    /** Commits a plan. */
    commit: (planId: string, name: string): Change =>
      auth.commit({ $case: "plan", value: Plan.fromPartial({ planId, name }) }),
    /** Hints at a revision of the present history or another one. */
    hint(revision: bigint, historyId = auth.historyId) {
      events.announce(CHANGE_COMMITTED, { historyId, revision });
    },
    start(options?: ChangeFollowerOptions) {
      const connect = () => {
        prepared.clients += 1;
        const { address } = auth;
        return createTsProtoClient(DirectoryServiceService, { address, deadlineMs: 1_000 });
      };
      const follower = startChangeFollower<Change>(
        {
          subscribe: (handle) => events.subscribe(CHANGE_COMMITTED, handle),
          ...{ connect, sink, clock, log: LOG },
        },
        { checkMs: 20, ...options },
      );
      onTestFinished(() => follower.close());
      return follower;
    },
  };
  prepared.commit("a", "first");
  return prepared;
}

/** A follower that holds revision 1. */
export async function loadedFollower(
  events: EventBus,
  { sink, ...options }: ChangeFollowerOptions & { sink?: PlanSink } = {},
) {
  const prepared = await prepareFollower(events, sink);
  const follower = prepared.start(options);
  await eventually(() => follower.isLoaded());
  return Object.assign(prepared, { follower });
}
