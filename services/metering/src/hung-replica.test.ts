import { fileURLToPath } from "node:url";
import { LeaseServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { periodOf } from "@geomesh/terms/period";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { startStoppableChild } from "@geomesh/testing/stoppable-child";
import { createTestCallers } from "@geomesh/testing/test-callers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { auditPeriods } from "./testing/balance.ts";
import { type Ledger, openLedger } from "./testing/ledger.ts";
import { openUsageStream, type UsageStream } from "./testing/stream.ts";
import { TEST_NONCE } from "./testing/usage.ts";

const callers = createTestCallers();
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** Far more than the 5 s that one replica may block another, so that a busy machine changes no verdict. */
const UNBLOCKED_MS_MAX = 20_000;

let ledger: Ledger;
let stream: UsageStream;

beforeAll(async () => {
  ledger = await openLedger(new Date());
  stream = await openUsageStream(ledger);
  await ledger.setQuota("acct_a", 100n);
});

afterAll(async () => {
  callers.remove();
  await stream.close();
  await ledger.close();
});

/** Another replica of metering, as a process of its own, and a client of it. */
async function startReplica() {
  const port = await freePort();
  const child = startStoppableChild(MAIN, {
    ...{ METERING_PORT: `${port}`, METERING_OPS_PORT: `${await freePort()}` },
    METERING_CALLERS_FILE: callers.file,
    ...{
      AUTH_ADDRESS: `unix:${callers.dir}/auth.sock`,
      AUTH_TOKEN_FILE: callers.tokenFileOf("metering"),
    },
    ...{
      METERING_DATABASE_URL: ledger.url,
      NATS_URL: stream.nats.urlOf("metering"),
      LOG_LEVEL: "error",
    },
  });
  onTestFinished(() => child.kill());
  const options = {
    address: `127.0.0.1:${port}`,
    deadlineMs: 60_000,
    token: callers.tokenOf("gateway"),
  };
  const client = createTsProtoClient(LeaseServiceService, options);
  onTestFinished(() => client.close());
  await eventually(() => client.listWatermarks({ gatewayId: "gateway-a" }), { deadlineMs: 30_000 });
  return { child, client };
}

const demand = (gatewayId: string) => ({
  ...{ gatewayId, epoch: 1n, nonce: TEST_NONCE, leaseNumber: 1n, accountId: "acct_a" },
  periodStartTime: new Date(periodOf(Date.now()).startMs),
  ...{ unitsKnown: 0n, unitsNeeded: 0n, unitsWanted: 5n },
});

test("a metering that hangs inside a transaction does not keep another from lending to the same account", async () => {
  const { child, client } = await startReplica();
  for (const id of ["gateway-a", "gateway-b"]) await ledger.openEpoch(demand(id));
  await ledger.acquire(demand("gateway-a"));

  // The replica stops where it waits for the row of the account's period, and then holds it.
  const holder = await postgresSessionForTest(ledger.url);
  await holder.run("SET idle_in_transaction_session_timeout = 0");
  await holder.run("BEGIN");
  await holder.run("SELECT FROM periods FOR UPDATE");
  const hung = client.acquireLease(demand("gateway-b")).catch((error: unknown) => error);
  const watcher = await postgresSessionForTest(ledger.url);
  await eventually(async () => (await watcher.lockWaits("periods")) === 1);
  await child.stop();
  await holder.run("COMMIT");
  // Only then is the row its own: until it wakes, whoever comes may take the row before it.
  await eventually(async () => (await watcher.idleInTransaction("periods")) === 1);

  const renewal = { ...demand("gateway-a"), unitsKnown: 5n };
  const renewed = await eventually(() => ledger.acquire(renewal), { deadlineMs: UNBLOCKED_MS_MAX });
  expect(renewed.unitsGranted).toBeGreaterThan(5n);
  child.resume();
  expect(await hung).toMatchObject({ kind: "unavailable" });
  const [audit] = await auditPeriods(ledger.db, ["acct_a"]);
  expect(audit?.outstanding).toBe(renewed.unitsGranted);
}, 60_000);
