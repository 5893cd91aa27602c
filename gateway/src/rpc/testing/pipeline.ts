import { create, type Message } from "@bufbuild/protobuf";
import { createTestClock } from "@geomesh/testing/test-clock";
import { onTestFinished } from "vitest";
import { KeyTable, type Principal } from "../../keys/key-table.ts";
import { startLookups } from "../../lookups/lookups.ts";
import { FakeGeo } from "../../lookups/testing/fake-geo.ts";
import { createAdmissions } from "../../operations/admission.ts";
import { publicOperations, publicStreams, SERVICES } from "../../operations/catalog.ts";
import { isMetered } from "../../operations/operation.ts";
import { createPolicy } from "../../operations/policy.ts";
import { TestAsker } from "../../operations/testing/asker.ts";
import { meteredOperation } from "../../operations/testing/operations.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { createRequestValidator } from "../../operations/validate.ts";
import { startQuota } from "../../quota/quota.ts";
import { START_WALL_MS } from "../../quota/testing/account.ts";
import { MeteringModel } from "../../quota/testing/metering.ts";
import { createRateLimiter } from "../../rate/rate-limiter.ts";
import type { Usage } from "../../usage/spool.ts";
import { TestDisk } from "../../usage/testing/disk.ts";
import { dirForTest, SILENT, spoolForTest } from "../../usage/testing/spool.ts";
import { HANDLERS_MISTAKES, operationHandlers } from "../handlers.ts";

/** Units of every account in a month. */
export const QUOTA_UNITS = 1_000_000;
const LEASED_UNITS = 100_000;
/** Longest wait for geo, by a clock that only the test moves. */
export const TIMEOUT_MS = 2_000;
/** What costs nothing is forwarded by clients, which no test of the pipeline uses. */
const NO_CLIENT = {} as never;

/** What happens to an append of usage, instead of the spool's own doing. */
type Append = (usage: Usage) => void;

/**
 * A request's whole way from the policy to the reply, all real but geo, metering and the disk, which do what the test says.
 * Every account has a lease from the start.
 */
export async function pipelineForTest(streams = 1, quotaUnits = QUOTA_UNITS) {
  const clock = createTestClock(START_WALL_MS);
  const geo = new FakeGeo();
  const metering = new MeteringModel(BigInt(quotaUnits));
  const disk = new TestDisk();
  const spool = await spoolForTest(dirForTest(), { fsync: true }, { disk });
  const usage: Usage[] = [];
  const mesh = { beforeAppend: (() => undefined) as Append };
  const append: typeof spool.append = (record, waiting) => {
    mesh.beforeAppend(record);
    const sequence = spool.append(record, waiting);
    usage.push(record);
    return sequence;
  };
  const quota = startQuota({ leases: metering.client, spool, clock, log: SILENT });
  const lookups = startLookups(
    {
      ...{ open: geo.open, spool: { append }, clock, log: SILENT },
    },
    { streams, timeoutMs: TIMEOUT_MS },
  );
  onTestFinished(async () => {
    lookups.close();
    await quota.close();
  });
  const operations = publicOperations(SERVICES).filter(isMetered);
  const limiter = createRateLimiter({ clock }, { entriesMax: 1_000 });
  const clients = { geo: NO_CLIENT, auth: NO_CLIENT, metering: NO_CLIENT };
  const policy = createPolicy({
    handlers: operationHandlers(operations, { lookups, ...clients, keys: new KeyTable() }),
    ...{ limiter, clock },
    admissions: createAdmissions({ limiter, quota, room: lookups.room }),
    validate: createRequestValidator(
      [...operations, ...publicStreams(SERVICES)].map(({ method }) => method.input),
      HANDLERS_MISTAKES,
    ),
  });

  function run(name: "GetLocation" | "BatchGetLocations", fields: object, asked: Asked = {}) {
    const { principal = principalForTest(), asker = new TestAsker() } = asked;
    const operation = meteredOperation(name);
    const request: Message = create(operation.method.input, fields as Record<string, unknown>);
    policy.run(operation, principal, request, asker);
    return asker;
  }

  return {
    ...{ clock, geo, metering, disk, usage, mesh, policy, limiter, lookups, quota },
    locate: (ipAddress: string, asked?: Asked) => run("GetLocation", { ipAddress }, asked),
    locateAll: (ipAddresses: readonly string[], asked?: Asked) =>
      run("BatchGetLocations", { ipAddresses }, asked),
    /** Sees to it that the account has units in memory. */
    async lease(principal: Principal = principalForTest()): Promise<void> {
      const reservation = await quota.reserve(principal, LEASED_UNITS);
      reservation.settle(0, 0n);
    },
    /** Units of an account that no request has taken. */
    async unitsLeft(principal: Principal = principalForTest()): Promise<number> {
      const reservation = await quota.reserve(principal, 1);
      const left = Number(reservation.remaining) + 1;
      reservation.settle(0, 0n);
      return left;
    },
    /** Requests that a key may send at once. */
    rateLeft(principal: Principal): number {
      const { allowed, remaining } = limiter.ratesOf(principal).test().key;
      return allowed ? remaining + 1 : 0;
    },
  };
}

/** Who asks. */
export interface Asked {
  readonly principal?: Principal;
  readonly asker?: TestAsker;
}
