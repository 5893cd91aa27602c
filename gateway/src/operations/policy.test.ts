import type { DescMethodUnary } from "@bufbuild/protobuf";
import { create, fromBinary } from "@bufbuild/protobuf";
import { CallContextSchema } from "@geomesh/proto/es/geomesh/policy/v1/call_context_pb";
import { AppError } from "@geomesh/runtime/errors";
import type { CallOptions } from "@geomesh/runtime/grpc/client";
import { onBehalfOfMetadata } from "@geomesh/runtime/grpc/on-behalf-of";
import { beforeEach, describe, expect, test } from "vitest";
import type { Admitted } from "./admission.ts";
import type { FreeHandler, MeteredHandler } from "./handler.ts";
import type { Operation } from "./operation.ts";
import { createPolicy } from "./policy.ts";
import { ADMISSION_PATHS, admissionsForTest, QUOTA_UNITS } from "./testing/admissions.ts";
import { TestAsker } from "./testing/asker.ts";
import { meteredOperation, operationNamed } from "./testing/operations.ts";
import { principalForTest } from "./testing/principal.ts";
import { createRequestValidator } from "./validate.ts";

const BATCH = meteredOperation("BatchGetLocations");
const FREE = operationNamed("ListDatasets");
const PLAN = {
  ...{ keyRate: { requests: 3 }, accountRate: { requests: 5 } },
  ...{ batchSizeMax: 10, monthlyQuota: BigInt(QUOTA_UNITS) },
};
const principal = principalForTest({ plan: PLAN });
/** Whoever's clock differs so much from metering's may not spend. */
const A_WRONG_TIME_MS = 0;

/** A policy over real admissions, whose handlers tell what reached them. */
function policyForTest() {
  const mesh = admissionsForTest();
  const admitted: Admitted[] = [];
  const freely = { calls: 0, options: {} as CallOptions, answer: async () => new Uint8Array() };
  const metered = new Map<DescMethodUnary, MeteredHandler>([
    [BATCH.method, (_request, admission) => void admitted.push(admission)],
  ]);
  const free = new Map<DescMethodUnary, FreeHandler>([
    [
      FREE.method,
      (_request, { options }) => {
        freely.calls += 1;
        freely.options = options;
        return freely.answer();
      },
    ],
  ]);
  const { limiter, admissions, clock } = mesh;
  const policy = createPolicy({
    ...{
      handlers: { metered, free, csv: new Map(), streams: new Map() },
      limiter,
      admissions,
      clock,
    },
    validate: createRequestValidator([]),
  });
  function run(
    operation: Operation,
    fields: object = {},
    who = principal,
    asker = new TestAsker(),
  ): TestAsker {
    const request = create(operation.method.input, fields as Record<string, unknown>);
    policy.run(operation, who, request, asker);
    return asker;
  }
  const batch = (count: number, more: object = {}, who = principal) =>
    run(BATCH, { ipAddresses: Array.from({ length: count }, () => "192.0.2.1"), ...more }, who);
  return { ...mesh, policy, run, batch, admitted, freely };
}

let mesh: ReturnType<typeof policyForTest>;
beforeEach(() => {
  mesh = policyForTest();
});

describe.each(ADMISSION_PATHS)("a request whose units come %s", (path) => {
  beforeEach(() => mesh.take(path, principal));

  test("reaches its handler, and it is the only one that waits for metering", async () => {
    const asker = mesh.batch(3);
    expect(mesh.admitted).toHaveLength(path === "from memory" ? 1 : 0);
    await expect.poll(() => mesh.admitted).toHaveLength(1);
    expect(asker.calls).toBe(0);
  });

  test.each([
    ["the scope is missing", () => mesh.batch(3, {}, withoutScope), "SCOPE_MISSING"],
    ["it breaks the contract", () => mesh.batch(3, { language: "tlh" }), "INVALID_ARGUMENT"],
    ["it asks for nothing", () => mesh.batch(0), "INVALID_ARGUMENT"],
    ["the batch is too large", () => mesh.batch(11), "PLAN_FORBIDDEN"],
    ["there is no room", () => whenFull(() => mesh.batch(3)), "UPSTREAM_UNAVAILABLE"],
  ])("costs nothing where %s", async (_why, send, reason) => {
    const asker = send();
    await expect(asker.outcome).rejects.toMatchObject({ reason });
    expect(asker.calls).toBe(1);
    await expectNothingCharged();
  });

  test("costs nothing beyond its rate", async () => {
    for (let i = 0; i < 3; i += 1) mesh.limiter.ratesOf(principal).charge();
    await expect(mesh.batch(3).outcome).rejects.toMatchObject({ reason: "RATE_LIMITED" });
    expect(mesh.admitted).toEqual([]);
    expect(await mesh.unitsLeft(principal)).toBe(QUOTA_UNITS);
  });
});

test("a request whose units come after its client's deadline is late, whatever metering says", async () => {
  mesh.metering.serverMs = () => {
    mesh.clock.advance(100);
    return A_WRONG_TIME_MS;
  };
  const asker = new TestAsker("message", mesh.clock.monotonicMs() + 100);
  const fields = { ipAddresses: ["192.0.2.1"] };
  await expect(mesh.run(BATCH, fields, principal, asker).outcome).rejects.toMatchObject({
    reason: "DEADLINE_EXCEEDED",
  });
  expect([mesh.admitted, mesh.rateLeft(principal)]).toEqual([[], [3, 5]]);
});

test("a request that the quota refuses costs nothing", async () => {
  mesh.metering.serverMs = () => A_WRONG_TIME_MS;
  await expect(mesh.batch(3).outcome).rejects.toMatchObject({ reason: "CLOCK_WRONG" });
  expect([mesh.admitted, mesh.rateLeft(principal)]).toEqual([[], [3, 5]]);
});

describe("a caller is refused before its body is read, and charged nothing,", () => {
  test.each([
    ["without the scope", () => mesh.policy.refuseEarly(BATCH, withoutScope), "SCOPE_MISSING"],
    ["without the scope of a free call", () => early(FREE, withoutScope), "SCOPE_MISSING"],
    ["without room", () => whenFull(() => early(BATCH)), "UPSTREAM_UNAVAILABLE"],
  ])("%s", async (_why, send, reason) => {
    expect(send).toThrow(expect.objectContaining({ reason }));
    await expectNothingCharged();
  });

  test("beyond its rate", async () => {
    for (let i = 0; i < 3; i += 1) mesh.limiter.ratesOf(principal).charge();
    expect(() => early(BATCH)).toThrow(expect.objectContaining({ reason: "RATE_LIMITED" }));
  });

  test("but not where some request could be served", async () => {
    early(BATCH);
    early(FREE);
    await expectNothingCharged();
  });

  const early = (operation: Operation, who = principal) => mesh.policy.refuseEarly(operation, who);
});

describe("an operation that costs nothing", () => {
  test("is charged to the rate alone, and told it", async () => {
    const { headers } = await mesh.run(FREE).outcome;
    expect(headers["ratelimit"]).toBe('"key";r=2;t=1, "account";r=4;t=1');
    expect(mesh.freely.calls).toBe(1);
    expect(mesh.rateLeft(principal)).toEqual([2, 4]);
    expect(mesh.metering.asked).toEqual([]);
  });

  test("is refused beyond the rate", async () => {
    for (let i = 0; i < 3; i += 1) await mesh.run(FREE).outcome;
    await expect(mesh.run(FREE).outcome).rejects.toMatchObject({ reason: "RATE_LIMITED" });
    expect(mesh.freely.calls).toBe(3);
  });

  const LATE = { reason: "DEADLINE_EXCEEDED" };
  const within = (ms: number) => new TestAsker("message", mesh.clock.monotonicMs() + ms);

  test("hands on what is left of its client's time", async () => {
    await mesh.run(FREE, {}, principal, within(499.5)).outcome;
    // One more than is left, so that the client's own deadline has passed where that of the service has.
    expect(mesh.freely.options.leftMs).toBe(501);
    await mesh.run(FREE).outcome;
    expect(mesh.freely.options.leftMs).toBeUndefined();
  });

  test("hands on the id of its request, its trace, and who asks", async () => {
    const asker = new TestAsker();
    const { requestId, traceHeaders, clientAddress } = asker.call;
    await mesh.run(FREE, {}, principal, asker).outcome;
    const { keyId } = principal.key;
    const { accountId } = principal.account;
    expect(mesh.freely.options.metadata).toEqual({
      "x-request-id": requestId,
      ...traceHeaders,
      ...onBehalfOfMetadata({ keyId, accountId, clientAddress }),
    });
  });

  test("hands on the Idempotency-Key where its operation takes one, and ignores it elsewhere", async () => {
    const withKey = () => {
      const asker = new TestAsker();
      Object.assign(asker.call, { idempotencyKey: "k-1" });
      return asker;
    };
    const handedOn = () => {
      const { metadata = {} } = mesh.freely.options;
      const [context] = Object.values(metadata).filter((value) => typeof value !== "string");
      return fromBinary(CallContextSchema, context as Uint8Array).idempotencyKey;
    };
    const access = { ...FREE.access, takesIdempotencyKey: true };
    await mesh.run({ ...FREE, access }, {}, principal, withKey()).outcome;
    expect(handedOn()).toBe("k-1");
    await mesh.run(FREE, {}, principal, withKey()).outcome;
    expect(handedOn()).toBe("");
  });

  test.each([
    ["an answer", async () => new Uint8Array()],
    ["an error", () => Promise.reject(new AppError("UPSTREAM_UNAVAILABLE"))],
  ])("is late, whether %s comes after its deadline", async (_what, answer) => {
    mesh.freely.answer = () => {
      mesh.clock.advance(500);
      return answer();
    };
    await expect(mesh.run(FREE, {}, principal, within(500)).outcome).rejects.toMatchObject(LATE);
  });

  test("does not begin, and costs no rate, where its client waits no longer", async () => {
    await expect(mesh.run(FREE, {}, principal, within(0)).outcome).rejects.toMatchObject(LATE);
    expect(mesh.freely.calls).toBe(0);
    expect(mesh.rateLeft(principal)).toEqual([3, 5]);
  });

  test("fails as its handler does", async () => {
    mesh.freely.answer = () => Promise.reject(new AppError("ACCOUNT_NOT_FOUND"));
    await expect(mesh.run(FREE).outcome).rejects.toMatchObject({ reason: "ACCOUNT_NOT_FOUND" });
  });
});

test("an operation without a handler is an error of the asker's, not of the caller", async () => {
  await expect(
    mesh.run(meteredOperation("GetLocation"), { ipAddress: "192.0.2.1" }).outcome,
  ).rejects.toThrow("GetLocation has no handler");
  await expectNothingCharged();
});

const withoutScope = principalForTest({ plan: PLAN, key: { scopes: ["usage:read"] } });

function whenFull<T>(send: () => T): T {
  mesh.room.full = new AppError("UPSTREAM_UNAVAILABLE");
  return send();
}

async function expectNothingCharged(): Promise<void> {
  expect(mesh.admitted).toEqual([]);
  expect(mesh.rateLeft(principal)).toEqual([3, 5]);
  expect(await mesh.unitsLeft(principal)).toBe(QUOTA_UNITS);
}
