import { STREAM_NAMES } from "@geomesh/terms/nats";
import { eventually } from "@geomesh/testing/eventually";
import { connectNats } from "@geomesh/testing/nats-client";
import { expect, onTestFinished, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import { auditPeriods } from "../testing/balance.ts";
import { usageStreamForTest } from "../testing/stream.ts";
import { block, TEST_NONCE, TEST_PERIOD, usage } from "../testing/usage.ts";

const EPOCH = { gatewayId: "gateway-a", epoch: 1n, leaseNumber: 1n, nonce: TEST_NONCE };
const SILENT_MS = 30_000;

test("of an epoch that an operator forgets, the gaps are lost, what waits behind them is counted, and its leases return", async () => {
  const { ledger, stream } = await usageStreamForTest();
  await ledger.setQuota("acct_a", 100n);
  await ledger.openEpoch(EPOCH);
  await ledger.acquire({
    ...{ ...EPOCH, accountId: "acct_a", periodStartTime: TEST_PERIOD },
    ...{ unitsKnown: 0n, unitsNeeded: 0n, unitsWanted: 20n },
  });
  const blockOf = (first: bigint) => block(first, [usage({ leaseNumber: 1n })], EPOCH);
  const balance = async () => {
    const [period] = await auditPeriods(ledger.db, ["acct_a"]);
    const [mark] = await readWatermarks(ledger.db, EPOCH.gatewayId);
    return [mark?.sequence, period?.used, period?.outstanding];
  };
  const { outcomes, close } = stream.consume("metering", { noteMs: 50 });
  onTestFinished(close);
  for (const first of [1n, 4n, 5n, 9n]) await stream.publish(blockOf(first));
  const arrived = ["counted", "early", "early", "early"];
  await eventually(() => expect(outcomes).toEqual(arrived));
  ledger.clock.advance(SILENT_MS);
  expect(await balance()).toEqual([1n, 1n, 19n]);

  await ledger.forgetEpoch(EPOCH);
  await eventually(async () => expect(await balance()).toEqual([9n, 4n, 0n]));
  await eventually(() => expect(outcomes).toEqual([...arrived, ...Array(3).fill("counted")]));
  expect((await ledger.listEpochs({ gatewayId: "" })).epochs).toEqual([]);
});

/** An epoch of which a block waits, the one before it is in the stream, unread, and an operator has forgotten it. */
async function forgottenBehindStream() {
  const { ledger, stream } = await usageStreamForTest();
  await ledger.setQuota("acct_a", 100n);
  await ledger.openEpoch(EPOCH);
  const publish = (first: bigint) => stream.publish(block(first, [usage()], EPOCH));
  const before = stream.consume("metering", { noteMs: 50 });
  await publish(2n);
  await eventually(() => expect(before.outcomes).toEqual(["early"]));
  await before.close();
  await publish(1n);
  ledger.clock.advance(SILENT_MS);
  await ledger.forgetEpoch(EPOCH);
  return { ledger, stream };
}

/** Metering starts; resolves with the units used once both records are counted or lost. */
async function usedAfterStart({
  ledger,
  stream,
}: Awaited<ReturnType<typeof forgottenBehindStream>>) {
  const { close } = stream.consume("metering", { noteMs: 50 });
  onTestFinished(close);
  await eventually(async () =>
    expect(await readWatermarks(ledger.db, EPOCH.gatewayId)).toEqual([{ epoch: 1n, sequence: 2n }]),
  );
  return (await auditPeriods(ledger.db, ["acct_a"]))[0]?.used;
}

test("of an epoch that an operator forgets, nothing is lost that the stream holds and nobody has read yet", async () => {
  expect(await usedAfterStart(await forgottenBehindStream())).toBe(2n);
});

test("what the stream lost before it was read does not hold up the end of a forgotten epoch", async () => {
  const forgotten = await forgottenBehindStream();
  const operator = await connectNats(forgotten.stream.nats.url);
  onTestFinished(() => operator.close());
  const { streams } = await operator.jetstreamManager();
  for (const seq of [1, 2]) await streams.deleteMessage(STREAM_NAMES.usage, seq);
  expect(await usedAfterStart(forgotten)).toBe(1n);
});
