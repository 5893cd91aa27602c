import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { LeaseServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { MeteringServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { createLog } from "@geomesh/runtime/log";
import { startCuttableProxy } from "@geomesh/testing/cuttable-proxy";
import { eventually } from "@geomesh/testing/eventually";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { createTestCallers } from "@geomesh/testing/test-callers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readConfig } from "./config.ts";
import { readWatermarks } from "./ledger/watermarks.ts";
import { start } from "./service.ts";
import { account, plan } from "./testing/auth-records.ts";
import { createDirectoryStandIn } from "./testing/auth-stand-in.ts";
import { clockAt } from "./testing/clock.ts";
import { type Ledger, openLedger } from "./testing/ledger.ts";
import { openUsageStream, type UsageStream } from "./testing/stream.ts";
import { block, TEST_NONCE, TEST_PERIOD, TEST_PLACE, TEST_TIME, usage } from "./testing/usage.ts";

/** As pino numbers them. */
const WARN = 40;
const callers = createTestCallers();
const socketPath = `${callers.dir}/auth.sock`;
const DEADLINE = { deadlineMs: 30_000 };
const UNAVAILABLE = { kind: "unavailable" };

let ledger: Ledger;
let stream: UsageStream;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  stream = await openUsageStream(ledger);
});

afterAll(async () => {
  callers.remove();
  await stream.close();
  await ledger.close();
});

async function startMetering() {
  const proxy = await startCuttableProxy(ledger.url);
  onTestFinished(() => proxy.close());
  const auth = await createDirectoryStandIn({ socketPath });
  auth.commit(plan({ planId: "small", monthlyQuota: 500n, quotaMode: QuotaMode.HARD }));
  auth.commit(account({ accountId: "acct_a", planId: "small" }));
  await auth.start();
  onTestFinished(() => auth.stop());
  const config = readConfig({
    ...{ METERING_PORT: "0", METERING_OPS_PORT: "0", METERING_DATABASE_URL: proxy.url },
    ...{
      NATS_URL: stream.nats.urlOf("metering"),
      AUTH_ADDRESS: `unix:${socketPath}`,
      AUTH_TOKEN_FILE: callers.tokenFileOf("metering"),
      METERING_CALLERS_FILE: callers.file,
    },
  });
  const lines: { level: number; msg: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLog({ service: "metering", destination: { write } });
  const service = await start(config, log, { clock: clockAt(TEST_TIME) });
  onTestFinished(() => service.close());
  const options = {
    address: `127.0.0.1:${service.port}`,
    deadlineMs: 60_000,
    token: callers.tokenOf("gateway"),
  };
  const leases = createTsProtoClient(LeaseServiceService, options);
  const client = createTsProtoClient(MeteringServiceService, options);
  onTestFinished(() => {
    leases.close();
    client.close();
  });
  const ops = `http://127.0.0.1:${service.opsPort}`;
  const isReady = async () => (await fetch(`${ops}/readyz`)).ok;
  const failures = async () => {
    const page = await (await fetch(`${ops}/metrics`)).text();
    return Number(/^database_failures_total\{[^}]*\} (.*)$/m.exec(page)?.[1]);
  };
  await eventually(() => client.getQuota({ accountId: "acct_a" }));
  return { proxy, lines, leases, client, isReady, failures };
}

const demand = {
  ...{ gatewayId: "gateway-a", epoch: 1n, nonce: TEST_NONCE, leaseNumber: 1n },
  ...{
    accountId: "acct_a",
    periodStartTime: TEST_PERIOD,
    unitsKnown: 0n,
    unitsNeeded: 0n,
    unitsWanted: 5n,
  },
};

test("a database that is unavailable for a while, with usage arriving, is one line when it goes and one when it is back", async () => {
  const { proxy, lines, client, isReady, failures } = await startMetering();
  lines.length = 0;
  proxy.cut();
  await stream.publish(block(1n, [usage()]));
  await eventually(async () => !(await isReady()), DEADLINE);
  await expect(client.getQuota({ accountId: "acct_a" })).rejects.toMatchObject(UNAVAILABLE);
  await eventually(async () => (await failures()) > 2, DEADLINE);
  proxy.mend();
  const watermark = async () => (await readWatermarks(ledger.db, "gateway-a"))[0]?.sequence;
  await eventually(async () => (await watermark()) === 1n, DEADLINE);
  await eventually(isReady, DEADLINE);
  const told = lines.filter(({ level, msg }) => level >= WARN || msg.includes("database"));
  // Readiness has lines of its own, one each way.
  expect(told.map(({ msg }) => msg)).toEqual([
    "the database does not answer",
    "no longer ready",
    "the database answers again",
  ]);
}, 90_000);

test("a metering all of whose connections wait for a lock is ready, and tells callers to come again", async () => {
  const { lines, leases, isReady } = await startMetering();
  const place = { place: TEST_PLACE, silentSinceTime: undefined };
  await leases.openEpoch({ ...demand, ...place, gatewayId: "gateway-b" });
  await leases.acquireLease({ ...demand, gatewayId: "gateway-b" });
  const holder = await postgresSessionForTest(ledger.url);
  await holder.run("SET idle_in_transaction_session_timeout = 0");
  await holder.run("BEGIN");
  await holder.run("SELECT FROM periods FOR UPDATE");
  const calls = Array.from({ length: 80 }, (_, index) =>
    leases.acquireLease({ ...demand, gatewayId: "gateway-b", leaseNumber: BigInt(index + 2) }),
  );
  let isWaiting = true;
  const settled = Promise.allSettled(calls).finally(() => {
    isWaiting = false;
  });
  while (isWaiting) {
    expect(await isReady()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const outcome of await settled) {
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { ...UNAVAILABLE, reason: "DATABASE_UNAVAILABLE", retryAfterMs: 1_000 },
    });
  }
  await holder.run("COMMIT");
  await leases.acquireLease({ ...demand, gatewayId: "gateway-b", unitsKnown: 5n });
  expect(lines.filter(({ level }) => level >= WARN)).toEqual([]);
}, 90_000);
