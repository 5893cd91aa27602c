import { expect, test } from "vitest";
import { isZone, ZoneClock } from "./zone-state.ts";

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
    expect(clockOf(zone).stateAt(at)).toMatchObject({ offsetSeconds, abbreviation, isDst });
  },
);

test("a state holds until the next moment at which an offset may change", () => {
  const change = Date.UTC(2026, 2, 29, 1);
  const london = clockOf("Europe/London");
  const before = london.stateAt(change - 1);
  expect(before).toMatchObject({ offsetSeconds: 0, holdsUntilMs: change });
  expect(london.stateAt(change).offsetSeconds).toBe(3600);
});

test("names of zones are told from other names", () => {
  expect([isZone("Europe/London"), isZone("Mars/Olympus"), isZone("")]).toEqual([
    true,
    false,
    false,
  ]);
});
