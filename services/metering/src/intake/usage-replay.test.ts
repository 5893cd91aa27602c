import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { allNumbers } from "../testing/numbers.ts";
import { NOT_PROTOBUF, openUsageStream, type UsageStream } from "../testing/stream.ts";
import { block, TEST_NONCE, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;
let stream: UsageStream;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  stream = await openUsageStream(ledger);
});

afterAll(async () => {
  await stream.close();
  await ledger.close();
});

test("reading the whole stream again from its start changes no number", async () => {
  await ledger.setQuota("acct_a", 100n);
  const lease = { gatewayId: "gateway-a", epoch: 1n, leaseNumber: 1n };
  const wanted = {
    periodStartTime: TEST_PERIOD,
    unitsKnown: 0n,
    unitsNeeded: 0n,
    unitsWanted: 20n,
  };
  await ledger.openEpoch({ ...lease, nonce: TEST_NONCE });
  await ledger.acquire({ ...lease, ...wanted, accountId: "acct_a", nonce: TEST_NONCE });
  const spent = Array.from({ length: 8 }, () => usage({ leaseNumber: 1n }));
  await stream.publish(block(1n, spent));
  await stream.publish(block(5n, [...spent.slice(4), usage()]));
  await stream.publishBytes(NOT_PROTOBUF);
  await stream.publish(block(10n, [usage({ timeMs: 1n })]));
  await stream.publish(block(1n, [usage()], { gatewayId: "gateway-b" }));
  await ledger.release({ ...lease, lastSequence: 9n, nonce: TEST_NONCE });

  const reader = stream.consume("metering");
  await eventually(() => reader.outcomes.length === 5);
  await reader.close();
  const numbers = await allNumbers(ledger.db);
  expect(reader.outcomes).toEqual(["counted", "counted", "misplaced", "set_aside", "counted"]);
  expect(numbers?.periods).toMatchObject([{ used: 10, outstanding: 0 }]);

  const again = stream.consume("a-new-reader");
  await eventually(() => again.outcomes.length === 5);
  await again.close();
  const duplicate = "duplicate";
  expect(again.outcomes).toEqual([duplicate, duplicate, "misplaced", duplicate, duplicate]);
  expect(await allNumbers(ledger.db)).toEqual(numbers);
});
