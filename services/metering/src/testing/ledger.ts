import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import {
  type AcquireLeaseRequest,
  type AcquireLeaseResponse,
  type ForgetEpochRequest,
  type ForgetEpochResponse,
  type ListEpochsRequest,
  type ListEpochsResponse,
  type ListWatermarksRequest,
  type ListWatermarksResponse,
  OpenEpochRequest,
  type OpenEpochResponse,
  type ReleaseLeasesRequest,
  type ReleaseLeasesResponse,
} from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import type {
  GetQuotaRequest,
  GetQuotaResponse,
  QueryInstallationUsageRequest,
  QueryInstallationUsageResponse,
  QueryUsageRequest,
  QueryUsageResponse,
} from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { createLog } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { createTestClock, type TestClock } from "@geomesh/testing/test-clock";
import { createFindAllowance } from "../follow/find-allowance.ts";
import { applyAll } from "../follow/followed-changes.ts";
import { type BlockOutcome, countBlock } from "../intake/count-block.ts";
import { returnExpired } from "../ledger/lease-returns.ts";
import type { MeteringDatabase, MeteringSchema } from "../ledger/schema.ts";
import { MIGRATIONS } from "../migrations/migrations.ts";
import type { MeteringDeps } from "../rpc/contract.ts";
import { createLeaseHandlers, createMeteringHandlers } from "../rpc/handlers.ts";
import { account, changed, plan } from "./auth-records.ts";
import { TEST_PLACE } from "./usage.ts";

/** A fresh database, with the operations that gateways and the stream call. */
export interface Ledger {
  readonly url: string;
  readonly db: MeteringDatabase;
  /** The clock of the RPCs; it stands still. */
  readonly clock: TestClock;
  /** What the RPCs need. */
  readonly deps: MeteringDeps;
  /** Gives the account a plan of its own. */
  setQuota(accountId: string, quota: bigint, mode?: "HARD" | "SOFT"): Promise<void>;
  /** Default is to open at `TEST_PLACE`. */
  openEpoch(request: Partial<OpenEpochRequest>): Promise<OpenEpochResponse>;
  acquire(request: AcquireLeaseRequest): Promise<AcquireLeaseResponse>;
  release(request: ReleaseLeasesRequest): Promise<ReleaseLeasesResponse>;
  /** Returns what is due by its clock, as metering does once a second. */
  returnExpired(): Promise<void>;
  listEpochs(request: ListEpochsRequest): Promise<ListEpochsResponse>;
  forgetEpoch(request: ForgetEpochRequest): Promise<ForgetEpochResponse>;
  queryUsage(request: QueryUsageRequest): Promise<QueryUsageResponse>;
  queryInstallationUsage(
    request: QueryInstallationUsageRequest,
  ): Promise<QueryInstallationUsageResponse>;
  getQuota(request: GetQuotaRequest): Promise<GetQuotaResponse>;
  listWatermarks(request: ListWatermarksRequest): Promise<ListWatermarksResponse>;
  /** Counts a block, and the kept blocks that it makes countable; answers the outcome of the first. */
  count(block: UsageRecorded): Promise<BlockOutcome>;
  close(): Promise<void>;
}

/** The context of a call that nobody cancels. */
export const CONTEXT = {
  signal: new AbortController().signal,
  method: "test",
  deadline: undefined,
  requestId: undefined,
  onBehalfOf: undefined,
};

const EPOCHS_MAX = 1_000;

/** Opens a ledger whose clock stands still at `time`, until a test moves it. */
export async function openLedger(time: Date): Promise<Ledger> {
  const server = await startTestPostgres();
  const url = await server.createDatabase();
  const log = createLog({ service: "metering-test", level: "error" });
  const { db, ...database } = await openDatabase<MeteringSchema>({
    url,
    migrations: MIGRATIONS,
    poolMax: 8,
    statementTimeoutMs: 10_000,
    log,
  });
  const findAllowance = createFindAllowance({ db, catchUp: async () => {} });
  const clock = createTestClock(time.getTime());
  const deps = { db, findAllowance, leaseLifetimeMs: 10_000, clock };
  const rpc = { ...createMeteringHandlers(deps), ...createLeaseHandlers(deps) };
  let revision = 0n;

  return {
    url,
    db,
    clock,
    deps,
    async setQuota(accountId, quota, mode = "HARD") {
      const planId = `plan-of-${accountId}`;
      const quotaMode = QuotaMode[mode];
      const records = [
        plan({ planId, monthlyQuota: quota, quotaMode }),
        account({ accountId, planId }),
      ];
      await applyAll(
        db,
        records.map((record) => changed(++revision, record)),
      );
    },
    openEpoch: async (request) =>
      rpc.openEpoch(OpenEpochRequest.fromPartial({ place: TEST_PLACE, ...request }), CONTEXT),
    acquire: async (request) => rpc.acquireLease(request, CONTEXT),
    release: async (request) => rpc.releaseLeases(request, CONTEXT),
    returnExpired: async () => void (await returnExpired(db, new Date(clock.wallMs()), EPOCHS_MAX)),
    listEpochs: async (request) => rpc.listEpochs(request, CONTEXT),
    forgetEpoch: async (request) => rpc.forgetEpoch(request, CONTEXT),
    queryUsage: async (request) => rpc.queryUsage(request, CONTEXT),
    queryInstallationUsage: async (request) => rpc.queryInstallationUsage(request, CONTEXT),
    getQuota: async (request) => rpc.getQuota(request, CONTEXT),
    listWatermarks: async (request) => rpc.listWatermarks(request, CONTEXT),
    async count(block) {
      const payload = UsageRecorded.encode(block).finish();
      const arrived = { block, payload, wallMs: clock.wallMs() };
      const outcomes = await Array.fromAsync(countBlock(db, arrived));
      return outcomes[0] as BlockOutcome;
    },
    async close() {
      await database.close();
      await server.stop();
    },
  };
}
