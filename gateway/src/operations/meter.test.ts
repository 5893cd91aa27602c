import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { Reservation } from "../quota/quota.ts";
import { createRateLimiter } from "../rate/rate-limiter.ts";
import { NEVER_STORED } from "../usage/testing/durable.ts";
import { publicOperations, SERVICES } from "./catalog.ts";
import { createMeter } from "./meter.ts";

/** A meter for one account that may send two requests at once, with units and records that the test sees. */
function meterForTest() {
  const clock = createTestClock();
  const settled: [units: number, sequence: bigint][] = [];
  const recorded: number[] = [];
  const reservation: Reservation = {
    ...{ leaseNumber: 1n, timeMs: 0, limit: 10n, remaining: 9n },
    ...{ periodStartMs: 0, periodEndMs: 0 },
    settle: (units, sequence) => void settled.push([units, sequence]),
  };
  const waiting: ((reservation: Reservation) => void)[] = [];
  const mesh = { settled, recorded, waiting, isWaiting: false };
  const meter = createMeter({
    limiter: createRateLimiter({ clock }, { entriesMax: 10 }),
    quota: {
      reserve: () =>
        mesh.isWaiting ? new Promise<Reservation>((resolve) => waiting.push(resolve)) : reservation,
      problems: () => [],
      close: () => Promise.resolve(),
    },
    spool: {
      append({ status }, waiting) {
        recorded.push(status);
        waiting.release(NEVER_STORED);
        return recorded.length;
      },
    },
    clock,
  });
  const [operation] = publicOperations(SERVICES);
  if (operation === undefined) throw new Error("no operations");
  const principal = {
    key: create(KeySchema, { keyId: "key_a" }),
    account: create(AccountSchema, { accountId: "acct_a" }),
    plan: create(PlanSchema, { keyRate: { requests: 2 }, accountRate: { requests: 9 } }),
  };
  const { signal } = new AbortController();
  const call = { credential: "", clientAddress: "192.0.2.1", requestId: "1", signal };
  const request = create(operation.method.input);
  const send = (units = 1) =>
    meter({
      ...{ operation, principal, request, call, units },
      handler: async () => ({ response: new Uint8Array(), units }),
    });
  return { ...mesh, mesh, reservation, send };
}

test("an answered request is recorded, settled, and told all limits", async () => {
  const { settled, recorded, send } = meterForTest();
  const { headers } = await send();
  expect(headers["ratelimit"]).toBe('"key";r=1;t=1, "account";r=8;t=1, "month";r=9;t=0');
  expect([recorded, settled]).toEqual([[200], [[1, 1n]]]);
});

test("a request beyond its rate takes no units", async () => {
  const { settled, recorded, send } = meterForTest();
  await Promise.all([send(), send()]);
  await expect(send()).rejects.toMatchObject({
    reason: "RATE_LIMITED",
    metadata: { violated_policy: "key" },
  });
  expect([recorded.length, settled.length]).toEqual([2, 2]);
});

test("a request that waited for units while others used up the rate gives them back", async () => {
  const { mesh, settled, recorded, waiting, reservation, send } = meterForTest();
  mesh.isWaiting = true;
  const sent = [send(), send(), send()];
  for (const resolve of waiting) resolve(reservation);
  const outcomes = await Promise.allSettled(sent);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(recorded).toEqual([200, 200]);
  expect(settled).toContainEqual([0, 0n]);
});

test("a batch beyond the plan's size is refused before anything is charged", async () => {
  const { settled, recorded, send } = meterForTest();
  await expect(send(2)).rejects.toMatchObject({ reason: "PLAN_FORBIDDEN" });
  await Promise.all([send(), send()]);
  expect([recorded, settled.length]).toEqual([[200, 200], 2]);
});
