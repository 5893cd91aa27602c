import fc from "fast-check";
import { expect, test } from "vitest";
import { TextBytes } from "./text-bytes.ts";

test("what was taken is what was added, and stays so whatever is added later", () => {
  const text = fc.tuple(fc.string({ unit: "binary-ascii", maxLength: 20 }), fc.nat(8_000));
  const rounds = fc.array(fc.array(text, { maxLength: 6 }), { maxLength: 12 });
  fc.assert(
    fc.property(rounds, (all) => {
      const bytes = new TextBytes();
      const taken = all.map((texts) => {
        bytes.clear();
        for (const [some, times] of texts) bytes.add(some.repeat(times));
        return bytes.take();
      });
      const expected = all.map((texts) => texts.map(([some, n]) => some.repeat(n)).join(""));
      expect(taken.map((each) => Buffer.from(each).toString("latin1"))).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test("what was begun and not taken is gone", () => {
  const bytes = new TextBytes();
  bytes.add("left behind");
  bytes.clear();
  bytes.add("\xe9");
  expect([...bytes.take()]).toEqual([0xe9]);
  expect(bytes.take()).toHaveLength(0);
});

test("short texts do not hold a large buffer", () => {
  const bytes = new TextBytes();
  bytes.add("x".repeat(1_000_000));
  bytes.take();
  bytes.add("short");
  expect(bytes.take().buffer.byteLength).toBeLessThan(1_000);
});
