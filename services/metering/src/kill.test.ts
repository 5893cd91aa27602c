import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { createTestCallers } from "@geomesh/testing/test-callers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWatermarks } from "./ledger/watermarks.ts";
import { auditPeriods } from "./testing/balance.ts";
import { type Ledger, openLedger } from "./testing/ledger.ts";
import { openUsageStream, type UsageStream } from "./testing/stream.ts";
import { block, TEST_TIME, usage } from "./testing/usage.ts";

const callers = createTestCallers();
let ledger: Ledger;
let stream: UsageStream;
let child: ChildProcess;
let ports: { METERING_PORT: string; METERING_OPS_PORT: string };

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  stream = await openUsageStream(ledger);
  ports = { METERING_PORT: `${await freePort()}`, METERING_OPS_PORT: `${await freePort()}` };
});

afterAll(async () => {
  await kill();
  await stream.close();
  await ledger.close();
  callers.remove();
});

function startMetering() {
  const main = new URL("main.ts", import.meta.url).pathname;
  const env = {
    ...ports,
    METERING_DATABASE_URL: ledger.url,
    NATS_URL: stream.nats.urlOf("metering"),
    METERING_CALLERS_FILE: callers.file,
    AUTH_ADDRESS: `unix:${callers.dir}/auth.sock`,
    AUTH_TOKEN_FILE: callers.tokenFileOf("metering"),
    LOG_LEVEL: "error",
  };
  child = spawn(process.execPath, [main], { env, stdio: "inherit" });
}

async function kill() {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

const blocks = 300;
const recordsOfBlock = 20;
const last = BigInt(blocks * recordsOfBlock);
const watermark = async () => (await readWatermarks(ledger.db, "gateway-a"))[0]?.sequence ?? 0n;

/** Sends what is not counted yet, as a gateway that starts does. */
async function publishRest(round: number) {
  const records = Array.from({ length: recordsOfBlock }, () => usage());
  for (let first = (await watermark()) + 1n; first <= last; first += BigInt(recordsOfBlock)) {
    await stream.publish(block(first, records), `${round}.${first}`);
  }
}

test("with metering killed in the middle of its work, several times, every record counts once", async () => {
  await ledger.setQuota("acct_a", 1_000_000n);
  for (const round of [1, 2, 3]) {
    await publishRest(round);
    const before = await watermark();
    startMetering();
    await eventually(async () => (await watermark()) > before + 50n * 20n, { deadlineMs: 30_000 });
    await kill();
    expect(await watermark()).toBeLessThan(last);
  }
  await publishRest(4);
  startMetering();
  await eventually(async () => (await watermark()) === last, { deadlineMs: 60_000 });
  expect(await auditPeriods(ledger.db, ["acct_a"])).toMatchObject([{ used: last, counted: last }]);
}, 300_000);
