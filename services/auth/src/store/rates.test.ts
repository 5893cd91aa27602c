import fc from "fast-check";
import { expect, test } from "vitest";
import { fullRate, optionalRateColumns, rateColumns, rateOf } from "./rates.ts";

test("any rate comes back from its columns to the nanosecond, with its defaults filled in", () => {
  const counts = fc.integer({ min: 1, max: 1_000_000 });
  const durations = fc.record({
    seconds: fc.bigInt({ min: 1n, max: 86_400n }),
    nanos: fc.integer({ min: 0, max: 999_999_999 }),
  });
  const rates = fc.record({
    requests: counts,
    per: fc.option(durations, { nil: undefined }),
    burst: fc.oneof(counts, fc.constant(0)),
  });
  fc.assert(
    fc.property(rates, (rate) => {
      expect(rateOf("rate", rateColumns("rate", rate))).toEqual(fullRate(rate));
    }),
  );
});

test.each([
  [{ requests: 30, per: undefined, burst: 0 }, { seconds: 1n, nanos: 0 }, 30],
  [{ requests: 30, per: { seconds: 60n, nanos: 0 }, burst: 5 }, { seconds: 60n, nanos: 0 }, 5],
])(
  "the rate %o is a second long and as bursty as itself, unless it says otherwise",
  (rate, per, burst) => {
    expect(fullRate(rate)).toEqual({ requests: 30, per, burst });
  },
);

test("an unset rate stays unset", () => {
  expect(rateOf("rate", optionalRateColumns("rate", undefined))).toBeUndefined();
});
