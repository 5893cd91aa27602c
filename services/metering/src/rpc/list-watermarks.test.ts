import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

test("watermarks are of one gateway, by epoch", async () => {
  const records = [usage(), usage()];
  await ledger.count(block(1n, records, { epoch: 10n }));
  await ledger.count(block(1n, records.slice(1), { epoch: 9n }));
  await ledger.count(block(1n, records, { gatewayId: "gateway-b", epoch: 1n }));
  expect(await ledger.listWatermarks({ gatewayId: "gateway-a" })).toEqual({
    watermarks: [
      { epoch: 9n, sequence: 1n },
      { epoch: 10n, sequence: 2n },
    ],
  });
});
