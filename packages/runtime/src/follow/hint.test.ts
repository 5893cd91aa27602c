import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import type { Position } from "./change-sink.ts";
import { Hint } from "./hint.ts";

const at = (revision: number, historyId = "h"): Position => ({
  historyId,
  revision: BigInt(revision),
});

/** Takes hints, a millisecond after each other, and tells whether one is overdue so much later where this is held. */
function isOverdue(hints: readonly Position[], held: Position, laterMs: number): boolean {
  const clock = createTestClock();
  const hint = new Hint(clock);
  for (const each of hints) {
    hint.take(each);
    clock.advance(1);
  }
  clock.advance(laterMs);
  return hint.isOverdue(held);
}

test.each<[why: string, hints: readonly Position[], held: Position, isOverdue: boolean]>([
  ["no hint", [], at(3), false],
  ["a hint at what is held", [at(3)], at(3), false],
  ["a hint at what is missing", [at(4)], at(3), true],
  ["a hint at another history", [at(1, "other")], at(3), true],
  ["newer hints behind one at what has come", [at(3), at(4), at(5)], at(3), true],
  ["newer hints, all of which have come", [at(3), at(4), at(5)], at(5), false],
  ["an older hint behind the newest", [at(3), at(5), at(4)], at(4), true],
  ["another history behind what has come", [at(3), at(4), at(1, "other")], at(4), true],
])("%s after a second: %s, %s held", (_why, hints, held, expected) => {
  expect(isOverdue(hints, held, 1_001)).toBe(expected);
  expect(isOverdue(hints, held, 990)).toBe(false);
});

test("the oldest hint that is missing counts, however many follow", () => {
  const clock = createTestClock();
  const hint = new Hint(clock);
  for (let revision = 4; revision < 1_100; revision++) {
    hint.take(at(revision));
    clock.advance(1);
  }
  expect(hint.isOverdue(at(3))).toBe(true);
});

test("what auth was asked about is settled", () => {
  const clock = createTestClock();
  const hint = new Hint(clock);
  for (const each of [at(4), at(5)]) hint.take(each);
  clock.advance(2_000);
  hint.settle();
  expect(hint.isOverdue(at(3))).toBe(false);
  hint.take(at(6));
  expect(hint.isOverdue(at(3))).toBe(false);
});
