import { expect, test } from "vitest";
import { ZoneClock } from "./zone-state.ts";

const clockOf = (zone: string) => ZoneClock.open(zone) as ZoneClock;
const winter = Date.UTC(2026, 0, 15, 12);
const summer = Date.UTC(2026, 6, 15, 12);

test.each([
  ["Europe/London", winter, 0, "GMT", false, "standard time"],
  ["Europe/London", summer, 3600, "BST", true, "summer time"],
  ["Asia/Kolkata", winter, 19800, "IST", false, "half an hour"],
  ["Asia/Kathmandu", winter, 20700, "+0545", false, "no abbreviation but numbers"],
  ["America/St_Johns", summer, -9000, "NDT", true, "negative and half an hour"],
  ["Australia/Sydney", winter, 39600, "AEDT", true, "the south has summer in January"],
  ["Australia/Lord_Howe", winter, 39600, "+11", true, "half an hour of summer time"],
  [
    "Europe/Dublin",
    summer,
    3600,
    "IST",
    true,
    "tzdata calls Irish winter time the exception; people do not",
  ],
  ["Africa/Casablanca", summer, 3600, "+01", false, "summer time all year is not daylight saving"],
  ["Africa/Casablanca", Date.UTC(2026, 1, 25), 0, "+00", false, "set back for Ramadan"],
  ["America/Sao_Paulo", winter, -10800, "-03", false, "no summer time since 2019"],
  ["Asia/Manila", winter, 28800, "PST", false, "PST on the other side"],
])(
  "%s at %i: %i s, %s, daylight saving %s (%s)",
  (zone, at, offsetSeconds, abbreviation, isDst) => {
    expect(clockOf(zone).stateAt(at).current).toEqual({ offsetSeconds, abbreviation, isDst });
  },
);

test("a state holds until the next change, which it foretells, and for a day at most", () => {
  const change = Date.UTC(2026, 2, 29, 1);
  const london = clockOf("Europe/London");
  const day = 24 * 3600 * 1000;
  const [standard, dst] = [
    { offsetSeconds: 0, abbreviation: "GMT", isDst: false },
    { offsetSeconds: 3600, abbreviation: "BST", isDst: true },
  ];
  for (const before of [1, 3600_000, day - 1]) {
    const state = london.stateAt(change - before);
    expect(state).toMatchObject({ current: standard, untilMs: change, next: dst });
    expect(state.sinceMs).toBeLessThanOrEqual(change - before);
  }
  expect(london.stateAt(change)).toMatchObject({
    current: dst,
    sinceMs: change,
    untilMs: change + day,
    next: dst,
  });
});

test("a state is that of every moment until it ends", () => {
  const start = Date.UTC(2025, 11, 30);
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const clock = clockOf(zone);
    // Steps that meet the hours of a day by turns, over the new year and the changes of a year.
    for (let at = start; at < start + 370 * 86_400_000; at += 17 * 86_400_000 + 7 * 3600_000) {
      const { current, untilMs, next } = clock.stateAt(at);
      expect([zone, at, clock.stateAt(untilMs - 1).current]).toEqual([zone, at, current]);
      expect([zone, at, clock.stateAt(untilMs).current]).toEqual([zone, at, next]);
    }
  }
});

test.each([
  ...["CET", "CST6CDT", "EET", "EST", "EST5EDT", "Etc/GMT", "Etc/UTC"],
  ...["HST", "MET", "MST", "MST7MDT", "PST8PDT", "WET"],
])("the zone %s, which is no country's, has its abbreviation", (zone) => {
  const expected = zone.slice(zone.indexOf("/") + 1, zone.indexOf("/") + 4);
  expect(clockOf(zone).stateAt(winter).current.abbreviation).toBe(expected);
});
