import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { createRateLimiter } from "../rate/rate-limiter.ts";
import type { Usage } from "../usage/spool.ts";
import { spoolStandIn } from "../usage/testing/durable.ts";
import { type Admission, createAdmissions } from "./admission.ts";
import { requestFor } from "./testing/admissions.ts";
import { meteredOperation } from "./testing/operations.ts";
import { principalForTest } from "./testing/principal.ts";
import { QuotaStandIn } from "./testing/reservations.ts";
import { RoomStandIn } from "./testing/room.ts";

const clock = createTestClock();
const NOBODY = { release: () => undefined, withhold: () => undefined };

/** Admits requests of a key of the mode, over a quota and a spool that tell what was asked of them. */
function admissionsOf(mode: KeyMode) {
  const recorded: Usage[] = [];
  const quota = new QuotaStandIn(clock.wallMs());
  const limiter = createRateLimiter({ clock }, { entriesMax: 10 });
  const { admit } = createAdmissions({ limiter, quota, room: new RoomStandIn() });
  const principal = principalForTest({
    key: { keyId: "key_a", mode },
    plan: { batchSizeMax: 5, keyRate: { requests: 2, burst: 2 } },
  });
  const operation = meteredOperation("BatchGetLocations");
  const request = (units = 3) => admit(operation, principal, requestFor(units)) as Admission;
  const record = (admission: Admission, status: number, units: number) =>
    admission.record(spoolStandIn(recorded), status, units, NOBODY);
  return { request, record, quota, recorded };
}

test("a test key's request costs no units, takes no quota, and is recorded as one of a test key", () => {
  const { request, record, quota, recorded } = admissionsOf(KeyMode.TEST);
  const admission = request();
  record(admission, 200, 3);
  expect(quota.reserved).toEqual([]);
  expect(recorded).toEqual([
    {
      ...{ accountId: "acct_a", keyId: "key_a", mode: KeyMode.TEST, status: 200, units: 0 },
      ...{ leaseNumber: 0n, timeMs: clock.wallMs(), operation: "BatchGetLocations" },
    },
  ]);
  const { ratelimit: standing } = admission.headers(clock.wallMs());
  expect(standing).toContain('"key"');
  expect(standing).not.toContain('"month"');
});

test("a refused address of a test key is recorded with its status and no units", () => {
  const { request, record, quota, recorded } = admissionsOf(KeyMode.TEST);
  record(request(), 403, 0);
  expect(quota.reserved).toEqual([]);
  expect(recorded).toMatchObject([{ mode: KeyMode.TEST, status: 403, units: 0 }]);
});

test("a test key has the rate and the batch size of its plan", () => {
  const { request } = admissionsOf(KeyMode.TEST);
  expect(() => request(6)).toThrow(expect.objectContaining({ reason: "PLAN_FORBIDDEN" }));
  request();
  request();
  expect(() => request()).toThrow(expect.objectContaining({ reason: "RATE_LIMITED" }));
});

test.each([KeyMode.LIVE, KeyMode.KEY_MODE_UNSPECIFIED])(
  "a key of mode %s pays for what it gets",
  (mode) => {
    const { request, record, quota, recorded } = admissionsOf(mode);
    const admission = request();
    record(admission, 200, 3);
    expect([quota.reserved, quota.used, quota.settled]).toEqual([[3], [3], [1]]);
    expect(recorded).toMatchObject([{ mode, status: 200, units: 3, leaseNumber: 1n }]);
    expect(admission.headers(clock.wallMs())["ratelimit"]).toContain('"month"');
  },
);
