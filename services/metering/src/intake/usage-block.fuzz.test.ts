import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { BLOCK_FORMAT } from "@geomesh/terms/limits";
import { ANY_CHARACTER } from "@geomesh/testing/any-character";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { TEST_TIME } from "../testing/usage.ts";
import { placementProblem } from "./usage-block.ts";

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const uint32 = fc.nat(2 ** 32 - 1);
const odd = <T>(usual: T, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });
const text = fc.string({ unit: ANY_CHARACTER, maxLength: 70 });
const kind = fc.record({
  minute: odd(BigInt(Math.floor(TEST_TIME.getTime() / 60_000)), uint64),
  accountId: odd("acct_a", text),
  keyId: odd("key_a", text),
  operation: odd("GetLocation", text),
  status: odd(200, uint32),
  units: odd(1, uint32),
  leaseNumber: odd(1n, uint64),
  mode: odd<KeyMode>(KeyMode.LIVE, fc.constantFrom(-1 as KeyMode, KeyMode.TEST, 3 as KeyMode)),
  isLost: odd(false, fc.boolean()),
});
const block = fc.record({
  gatewayId: odd("gateway-a", text),
  epoch: odd(1n, uint64),
  firstSequence: odd(1n, uint64),
  format: fc.constant(BLOCK_FORMAT),
  kinds: fc.array(kind, { maxLength: 3 }),
  kindIndexes: fc.array(odd(0, fc.nat(3)), { maxLength: 6 }),
});

test("whatever a block contains, it is counted, kept or set aside, and does not come again for ever", async () => {
  await fc.assert(
    fc.asyncProperty(block, async (each) => {
      if (placementProblem(each) !== undefined) return;
      const outcome = await ledger.count(each);
      expect(["counted", "duplicate", "early", "set_aside"]).toContain(outcome);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});
