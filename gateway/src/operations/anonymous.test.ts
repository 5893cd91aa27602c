import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { createRateLimiter } from "../rate/rate-limiter.ts";
import type { Usage } from "../usage/spool.ts";
import { spoolStandIn } from "../usage/testing/durable.ts";
import { type Admission, createAdmissions } from "./admission.ts";
import { requestFor } from "./testing/admissions.ts";
import { meteredOperation } from "./testing/operations.ts";
import { anonymousForTest } from "./testing/principal.ts";
import { QuotaStandIn } from "./testing/reservations.ts";
import { RoomStandIn } from "./testing/room.ts";

const NOBODY = { release: () => undefined, withhold: () => undefined };
const [HERE, THERE] = ["192.0.2.7", "2001:db8:1:2::/64"];

/** Admits requests without a key, over a quota and a spool that tell what was asked of them. */
function admissionsForTest() {
  const clock = createTestClock();
  const recorded: Usage[] = [];
  const quota = new QuotaStandIn(clock.wallMs());
  const limiter = createRateLimiter({ clock }, { entriesMax: 10 });
  const admissions = createAdmissions({ limiter, quota, room: new RoomStandIn() });
  const operation = meteredOperation("BatchGetLocations");
  const plan = { batchSizeMax: 5, keyRate: { requests: 2 }, accountRate: { requests: 3 } };
  const request = (units = 3, network = HERE) => {
    const principal = anonymousForTest(network, plan);
    return admissions.admit(operation, principal, requestFor(units)) as Admission;
  };
  return { clock, recorded, quota, request, admissions };
}

test("a request takes no quota, and is recorded with its units, without a lease and without an address", () => {
  const { clock, recorded, quota, request } = admissionsForTest();
  for (const network of [HERE, THERE]) {
    request(3, network).record(spoolStandIn(recorded), 200, 2, NOBODY);
  }
  expect(quota.reserved).toEqual([]);
  const record = {
    ...{ accountId: "anonymous", keyId: "anonymous", mode: KeyMode.LIVE, status: 200, units: 2 },
    ...{ leaseNumber: 0n, timeMs: clock.wallMs(), operation: "BatchGetLocations" },
  };
  expect(recorded).toEqual([record, record]);
});

test("limits are told as for a key, without a month", () => {
  const { clock, request, admissions } = admissionsForTest();
  const headers = request().headers(clock.wallMs());
  expect(headers["ratelimit-policy"]).toBe('"key";q=2;w=1, "account";q=3;w=1');
  expect(headers["ratelimit"]).toBe('"key";r=1;t=1, "account";r=2;t=1');
  expect(admissions.standing(anonymousForTest(HERE))).toBeUndefined();
});

test("each network has the rate of the plan for itself", () => {
  const { clock, request, admissions } = admissionsForTest();
  const limited = expect.objectContaining({ reason: "RATE_LIMITED" });
  for (const network of [HERE, THERE]) {
    for (let i = 0; i < 2; i += 1) request(1, network);
    expect(() => request(1, network)).toThrow(limited);
    expect(() => admissions.refuseEarly(anonymousForTest(network))).not.toThrow();
  }
  clock.advance(500);
  expect(() => request(1, HERE)).not.toThrow();
});

test("a batch is as large as the plan allows", () => {
  const { request } = admissionsForTest();
  expect(() => request(6)).toThrow(expect.objectContaining({ reason: "PLAN_FORBIDDEN" }));
  expect(() => request(5)).not.toThrow();
});
