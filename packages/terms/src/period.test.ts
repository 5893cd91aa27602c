import { expect, test } from "vitest";
import { isNear, periodOf } from "./period.ts";

test.each([
  ["2026-02-28T23:59:59.999Z", "2026-02-01", "2026-03-01", "the last millisecond of a short month"],
  ["2028-02-29T12:00:00Z", "2028-02-01", "2028-03-01", "a leap day"],
  ["2026-12-31T23:59:59.999Z", "2026-12-01", "2027-01-01", "the end of a year"],
  ["2026-03-01T00:00:00Z", "2026-03-01", "2026-04-01", "a start belongs to the month it starts"],
])("%s is charged to the month from %s to %s: %s", (time, start, end) => {
  expect(periodOf(Date.parse(time))).toEqual({
    startMs: Date.parse(start),
    endMs: Date.parse(end),
  });
});

test.each([
  ["2026-02-28T23:59:00.000Z", true, "a gateway's clock may be a minute ahead"],
  ["2026-02-28T23:58:59.999Z", false, "but not more"],
  ["2026-04-01T00:00:59.999Z", true, "or a minute behind"],
  ["2026-04-01T00:01:00.000Z", false, "but not more"],
])("at %s a lease for March is given: %s, %s", (time, given) => {
  const march = periodOf(Date.parse("2026-03-15T00:00:00Z"));
  expect(isNear(march, Date.parse(time), 60_000)).toBe(given);
});
