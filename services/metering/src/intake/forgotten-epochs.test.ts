import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import { auditPeriods } from "../testing/balance.ts";
import { openLedger } from "../testing/ledger.ts";
import { openUsageStream } from "../testing/stream.ts";
import { block, TEST_NONCE, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

const EPOCH = { gatewayId: "gateway-a", epoch: 1n, leaseNumber: 1n, nonce: TEST_NONCE };
const SILENT_MS = 30_000;

test("of an epoch that an operator forgets, the gaps are lost, what waits behind them is counted, and its leases return", async () => {
  const ledger = await openLedger(TEST_TIME);
  onTestFinished(() => ledger.close());
  const stream = await openUsageStream(ledger);
  onTestFinished(() => stream.close());
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
