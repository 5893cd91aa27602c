import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { AppError } from "@geomesh/runtime/errors";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { Quota } from "../quota/quota.ts";
import { unleased } from "../quota/reservation.ts";
import { createRateLimiter } from "../rate/rate-limiter.ts";
import type { Usage } from "../usage/spool.ts";
import { spoolStandIn } from "../usage/testing/durable.ts";
import { publicOperations, SERVICES } from "./catalog.ts";
import type { Handler } from "./handler.ts";
import { createMeter } from "./meter.ts";

const clock = createTestClock();

/** A meter whose quota and spool tell what was asked of them, and a caller with a key of the mode. */
function meterForTest(mode: KeyMode) {
  const reserved: number[] = [];
  const recorded: Usage[] = [];
  const quota: Pick<Quota, "reserve"> = {
    reserve(_principal, units) {
      reserved.push(units);
      return unleased(100n, { startMs: 0, endMs: 1 }, clock.wallMs());
    },
  };
  const spool = spoolStandIn(recorded);
  const limiter = createRateLimiter({ clock }, { entriesMax: 10 });
  const meter = createMeter({ limiter, quota: quota as Quota, spool, clock });
  const principal = {
    key: create(KeySchema, { keyId: "key_a", mode }),
    account: create(AccountSchema, { accountId: "acct_a" }),
    plan: create(PlanSchema, { batchSizeMax: 5, keyRate: { requests: 2, burst: 2 } }),
  };
  const operation = publicOperations(SERVICES).find(({ name }) => name === "BatchGetLocations");
  if (operation === undefined) throw new Error("no BatchGetLocations");
  const request = create(operation.method.input);
  const { signal } = new AbortController();
  const call = { credential: "", clientAddress: "192.0.2.1", requestId: "1", signal };
  const answer = (handler: Handler, units = 3) =>
    meter({ operation, handler, principal, request, call, units });
  return { answer, reserved, recorded };
}

const located: Handler = async () => ({ response: new Uint8Array(), units: 3 });

test("a test key's request costs no units, takes no quota, and is recorded as one of a test key", async () => {
  const { answer, reserved, recorded } = meterForTest(KeyMode.TEST);
  const { headers } = await answer(located);
  const { ratelimit: standing } = headers;
  expect(reserved).toEqual([]);
  expect(recorded).toMatchObject([
    { accountId: "acct_a", keyId: "key_a", mode: KeyMode.TEST, status: 200, units: 0 },
  ]);
  expect(recorded[0]?.leaseNumber).toBe(0n);
  expect(recorded[0]?.timeMs).toBe(clock.wallMs());
  expect(standing).toContain('"key"');
  expect(standing).not.toContain('"month"');
});

test("a refused address of a test key is recorded with its status and no units", async () => {
  const { answer, reserved, recorded } = meterForTest(KeyMode.TEST);
  const refusing: Handler = async () => {
    throw new AppError("TEST_ADDRESS_REQUIRED");
  };
  await expect(answer(refusing)).rejects.toMatchObject({ reason: "TEST_ADDRESS_REQUIRED" });
  expect(reserved).toEqual([]);
  expect(recorded).toMatchObject([{ mode: KeyMode.TEST, status: 403, units: 0 }]);
});

test("a test key has the rate and the batch size of its plan", async () => {
  const { answer } = meterForTest(KeyMode.TEST);
  await expect(answer(located, 6)).rejects.toMatchObject({ reason: "PLAN_FORBIDDEN" });
  await answer(located);
  await answer(located);
  await expect(answer(located)).rejects.toMatchObject({ reason: "RATE_LIMITED" });
});

test.each([KeyMode.LIVE, KeyMode.KEY_MODE_UNSPECIFIED])(
  "a key of mode %s pays for what it gets",
  async (mode) => {
    const { answer, reserved, recorded } = meterForTest(mode);
    const { headers } = await answer(located);
    const { ratelimit: standing } = headers;
    expect(reserved).toEqual([3]);
    expect(recorded).toMatchObject([{ mode, status: 200, units: 3 }]);
    expect(standing).toContain('"month"');
  },
);
