import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createLog } from "@geomesh/runtime/log";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { ClockCheck } from "./clock-check.ts";

const HOUR_MS = 3_600_000;
const SERVER_MS = Date.UTC(2026, 4, 15, 12);

/** A check whose gateway is so far ahead of metering, and has heard of it once; an answer takes `tripMs`. */
function checkOf(aheadMs: number, tripMs = 0) {
  const clock = createTestClock(SERVER_MS + aheadMs);
  const logged: { level: number; ahead_ms?: number }[] = [];
  const log = createLog({
    service: "test",
    destination: { write: (line) => void logged.push(JSON.parse(line)) },
  });
  const check = new ClockCheck({ clock, log });
  const hear = (trip = tripMs) => {
    const sentAtMs = clock.monotonicMs();
    const serverMs = clock.wallMs() - aheadMs;
    clock.advance(trip);
    check.heard(timestampFromMs(serverMs), sentAtMs);
  };
  return { clock, check, hear, logged };
}

test("nothing is wrong before metering was heard", () => {
  expect(checkOf(26 * HOUR_MS).check.isRight).toBe(true);
});

test.each([
  [0, 0, true, "the same time"],
  [5_000, 0, true, "as far ahead as a clock may be"],
  [5_001, 0, false, "further ahead"],
  [-5_000, 0, true, "as far behind"],
  [-5_001, 0, false, "further behind"],
  [26 * HOUR_MS, 900, false, "a day ahead, whatever the round trip"],
  [-26 * HOUR_MS, 900, false, "a day behind"],
  [5_500, 0, false, "half a second more than is allowed, and an answer that came at once"],
  [-5_500, 900, true, "the same behind, which the way of the answer may explain"],
  [-6_000, 900, false, "more than the way of the answer may explain"],
])(
  "a clock that is %i ms ahead, by an answer that took %i ms, is right: %s: %s",
  (aheadMs, tripMs, isRight) => {
    const { check, hear } = checkOf(aheadMs, tripMs);
    hear();
    expect(check.isRight).toBe(isRight);
    if (isRight) check.require();
    else {
      const refused = expect.objectContaining({ reason: "CLOCK_WRONG", kind: "unavailable" });
      expect(() => check.require()).toThrow(refused);
    }
  },
);

test.each([
  [26 * HOUR_MS, "forward"],
  [-HOUR_MS, "back"],
  [6_000, "by seconds"],
])("a clock that jumps by %i ms is noticed at once, without another answer: %s", (byMs) => {
  const { clock, check, hear } = checkOf(0);
  hear();
  clock.advance(9_000);
  expect(check.isRight).toBe(true);
  clock.setWall(clock.wallMs() + byMs);
  expect(check.isRight).toBe(false);
  clock.setWall(clock.wallMs() - byMs);
  expect(check.isRight).toBe(true);
});

test("a machine that was suspended is right again as soon as metering says so", () => {
  const { clock, check, hear } = checkOf(0);
  hear();
  clock.setWall(clock.wallMs() + HOUR_MS);
  expect(check.isRight).toBe(false);
  hear();
  expect(check.isRight).toBe(true);
});

test("each change is logged once, with how far the clock is ahead", () => {
  const { clock, check, hear, logged } = checkOf(26 * HOUR_MS);
  hear();
  hear();
  clock.setWall(SERVER_MS);
  check.heard(timestampFromMs(SERVER_MS), clock.monotonicMs());
  expect(logged).toMatchObject([
    { level: 50, ahead_ms: 26 * HOUR_MS },
    { level: 30, ahead_ms: 0 },
  ]);
});
