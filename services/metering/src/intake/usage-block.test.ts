import type { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import fc from "fast-check";
import { expect, test } from "vitest";
import { block, lostBlock, TEST_TIME, usage } from "../testing/usage.ts";
import { type Judged, judge, place, placementProblem } from "./usage-block.ts";

const nowMs = TEST_TIME.getTime();

test.each([
  [{ gatewayId: "" }, "the gateway id is malformed"],
  [{ gatewayId: "a\u0000b" }, "the gateway id is malformed"],
  [{ epoch: 0n }, "the epoch is out of bounds"],
  [{ epoch: 2n ** 63n }, "the epoch is out of bounds"],
  [{ firstSequence: 0n }, "the first sequence is below 1"],
  [{ firstSequence: 2n ** 63n - 1n, kindIndexes: [0, 0] }, "the sequence is out of bounds"],
  [{ kindIndexes: [] }, "there are no records"],
])("a block with %o has no place: %s", (fields, problem) => {
  const sound = block(1n, [usage()]);
  expect(placementProblem(sound)).toBeUndefined();
  expect(placementProblem({ ...sound, ...fields })).toBe(problem);
});

/** The units of each record that is billed; undefined where it is not. */
const billed = ({ columns: { kinds, kindIndexes } }: Judged) =>
  kindIndexes.map((index) => (kinds[index]?.isLost === false ? kinds[index].units : undefined));

test.each([
  [{ timeMs: 0n }, "the time is before 2020"],
  [{ timeMs: BigInt(nowMs + 86_460_000) }, "the time is more than a day ahead"],
  [{ timeMs: 2n ** 64n - 1n }, "the time is more than a day ahead"],
  [{ accountId: "" }, "the account id is malformed"],
  [{ accountId: "a".repeat(65) }, "the account id is malformed"],
  [{ keyId: "k\u0000" }, "the key id is malformed"],
  [{ mode: 3 as KeyMode }, "the mode is unknown"],
  [{ operation: "Get Location" }, "the operation name is malformed"],
  [{ status: 0 }, "the status is not an HTTP status"],
  [{ status: 600 }, "the status is not an HTTP status"],
  [{ units: 1_000_001 }, "more than 1000000 units"],
  [{ leaseNumber: 2n ** 63n }, "the lease number is out of bounds"],
])("a record with %o cannot be billed: %s", (fields, problem) => {
  const records = [usage(), usage(fields)];
  const judged = judge(block(1n, records), nowMs);
  expect(judged.problem).toBe(`kind 1: ${problem}`);
  expect(billed(judged)).toEqual([1, undefined]);
});

test("a block holds 8,192 records at most", () => {
  const records = Array.from({ length: 8_193 }, () => usage());
  expect(judge(block(1n, records.slice(1)), nowMs).problem).toBeUndefined();
  const judged = judge(block(1n, records), nowMs);
  expect(judged.problem).toBe("more than 8192 records");
  expect(billed(judged)).toEqual([]);
});

test("a record of a kind that the block does not hold cannot be billed", () => {
  const sound = block(1n, [usage(), usage({ units: 2 })]);
  const judged = judge({ ...sound, kindIndexes: [0, 1, 2, 2 ** 32 - 1] }, nowMs);
  expect(judged.problem).toBe("kind 2: there is no such kind");
  expect(billed(judged)).toEqual([1, 2, undefined, undefined]);
  expect(billed(judge({ ...sound, kinds: [] }, nowMs))).toEqual([undefined, undefined]);
});

test("a kind that no record has is not looked at", () => {
  const sound = block(1n, [usage()]);
  const kinds = [...sound.kinds, ...block(1n, [usage({ status: 0 })]).kinds];
  expect(judge({ ...sound, kinds }, nowMs).problem).toBeUndefined();
});

test("lost records have no account, so that nobody can be charged for them", () => {
  const lost = lostBlock(1n, 3);
  expect(judge(lost, nowMs).problem).toBeUndefined();
  const kinds = lost.kinds.map((kind) => ({ ...kind, accountId: "acct_a", units: 1 }));
  const judged = judge({ ...lost, kinds }, nowMs);
  expect(judged.problem).toBe("kind 0: lost records have no account, units and lease");
  expect(judged.columns.kinds[0]).toMatchObject({ accountId: "", units: 0 });
});

test("blocks in any order and overlap place each record at most once, and in order", () => {
  const records = Array.from({ length: 40 }, (_, index) => usage({ units: index + 1 }));
  const range = fc.record({ start: fc.nat(39), count: fc.integer({ min: 1, max: 10 }) });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 60 }), (ranges) => {
      const placed: number[] = [];
      for (const { start, count } of ranges) {
        const sent = block(BigInt(start + 1), records.slice(start, start + count));
        const placement = place(sent, BigInt(placed.length));
        if (typeof placement === "string") continue;
        const { kinds, kindIndexes } = placement.fresh;
        placed.push(...kindIndexes.map((index) => kinds[index]?.units ?? 0));
      }
      expect(placed).toEqual(placed.map((_, index) => index + 1));
    }),
  );
});
