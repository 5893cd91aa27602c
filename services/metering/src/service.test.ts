import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { LeaseServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import {
  MeteringServiceService,
  QueryUsageRequest,
} from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { createTsProtoClient, type TsProtoClient } from "@geomesh/runtime/grpc/client";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { startTestNats, type TestNats } from "@geomesh/testing/nats";
import { type PostgresServer, startPostgresServer } from "@geomesh/testing/postgres-server";
import { createTestCallers } from "@geomesh/testing/test-callers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { type MeteringService, start } from "./service.ts";
import { account, plan } from "./testing/auth-records.ts";
import { createDirectoryStandIn, type DirectoryStandIn } from "./testing/auth-stand-in.ts";
import { clockAt } from "./testing/clock.ts";
import { TEST_NONCE, TEST_PERIOD, TEST_PLACE, TEST_TIME } from "./testing/usage.ts";

const log = createLog({ service: "metering-test", level: "fatal" });
const callers = createTestCallers();
const socketPath = `${callers.dir}/auth.sock`;

let postgres: PostgresServer;
let nats: TestNats;
let auth: DirectoryStandIn;
let databaseUrl: string;
let service: MeteringService;
let client: TsProtoClient<typeof MeteringServiceService>;
let leases: TsProtoClient<typeof LeaseServiceService>;

beforeAll(async () => {
  postgres = await startPostgresServer();
  databaseUrl = await postgres.createDatabase();
  nats = await startTestNats();
  auth = await createDirectoryStandIn({ socketPath });
  auth.commit(plan({ planId: "small", monthlyQuota: 5n, quotaMode: QuotaMode.HARD }));
  auth.commit(account({ accountId: "acct_a", planId: "small" }));
  await auth.start();
  await startService();
});

afterAll(async () => {
  await stopService();
  await auth.stop();
  await postgres.stop();
  callers.remove();
});

async function startService() {
  const config = readConfig({
    METERING_PORT: "0",
    METERING_OPS_PORT: "0",
    METERING_DATABASE_URL: databaseUrl,
    NATS_URL: nats.urlOf("metering"),
    METERING_CALLERS_FILE: callers.file,
    AUTH_ADDRESS: `unix:${socketPath}`,
    AUTH_TOKEN_FILE: callers.tokenFileOf("metering"),
  });
  service = await start(config, log, { clock: clockAt(TEST_TIME) });
  const address = `127.0.0.1:${service.port}`;
  const options = { address, deadlineMs: 5_000, token: callers.tokenOf("gateway") };
  client = createTsProtoClient(MeteringServiceService, options);
  leases = createTsProtoClient(LeaseServiceService, options);
}

async function stopService() {
  client.close();
  leases.close();
  await service.close();
}

const leaseRequest = {
  gatewayId: "gateway-a",
  epoch: 1n,
  nonce: TEST_NONCE,
  leaseNumber: 1n,
  accountId: "acct_a",
  periodStartTime: TEST_PERIOD,
  unitsKnown: 0n,
  unitsNeeded: 0n,
  unitsWanted: 10n,
};
const ready = async () => (await fetch(`http://127.0.0.1:${service.opsPort}/readyz`)).status;

test("an account of auth gets its quota and its leases", async () => {
  expect(await client.getQuota({ accountId: "acct_a" })).toMatchObject({ quota: { limit: 5n } });
  await leases.openEpoch({ ...leaseRequest, place: TEST_PLACE, silentSinceTime: undefined });
  expect(await leases.acquireLease(leaseRequest)).toMatchObject({ unitsGranted: 1n, limit: 5n });
  expect(await ready()).toBe(200);
});

test("a request that violates the rules of the contract is answered with the names of its fields", async () => {
  const broken = leases.acquireLease({ ...leaseRequest, epoch: 0n, unitsWanted: -1n });
  await expect(broken).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [
      expect.objectContaining({ field: "epoch" }),
      expect.objectContaining({ field: "units_wanted" }),
    ],
  });
});

test("with NATS and auth unavailable from the start, known accounts are served", async () => {
  await stopService();
  await nats.kill();
  await auth.stop();
  await startService();
  expect(await ready()).toBe(200);
  expect(await client.getQuota({ accountId: "acct_a" })).toMatchObject({ quota: { limit: 5n } });
  expect(await leases.acquireLease({ ...leaseRequest, unitsKnown: 1n })).toMatchObject({
    unitsGranted: 2n,
  });
  const usage = await client.queryUsage(QueryUsageRequest.fromPartial({ accountId: "acct_a" }));
  expect(usage.totals).toMatchObject({ units: 0n });
  await expect(client.getQuota({ accountId: "acct_new" })).rejects.toMatchObject({
    kind: "unavailable",
  });
});

test("the service reconnects to a database that restarts", async () => {
  await postgres.kill();
  await postgres.start();
  await eventually(() => client.getQuota({ accountId: "acct_a" }));
  await eventually(async () => (await ready()) === 200);
});

test("without its database the service reports that it is not ready, and does not tell callers why", async () => {
  await postgres.kill();
  await eventually(async () => (await ready()) === 503);
  await expect(client.getQuota({ accountId: "acct_a" })).rejects.toMatchObject({
    kind: "unavailable",
    publicMessage: expect.not.stringContaining("ECONNREFUSED"),
  });
});
