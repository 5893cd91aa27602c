import { expect, test } from "vitest";
import { ZoneClock } from "./zone-state.ts";

const clockOf = (zone: string) => ZoneClock.open(zone) as ZoneClock;
const winter = Date.UTC(2026, 0, 15, 12);
const summer = Date.UTC(2026, 6, 15, 12);
const now = Date.UTC(2026, 10, 28, 12);

test.each([
  ["Europe/London", winter, 0, "GMT", false, "standard time"],
  ["Europe/London", summer, 3600, "BST", true, "summer time"],
  ["Asia/Kolkata", winter, 19800, "IST", false, "half an hour"],
  ["Asia/Kathmandu", winter, 20700, "+0545", false, "no abbreviation but numbers"],
  ["America/St_Johns", summer, -9000, "NDT", true, "negative and half an hour"],
  ["Australia/Sydney", winter, 39600, "AEDT", true, "the south has summer in January"],
  ["Australia/Lord_Howe", winter, 39600, "+11", true, "half an hour of summer time"],
  ["Europe/Dublin", summer, 3600, "IST", false, "Irish standard time is that of summer"],
  [
    "Europe/Dublin",
    winter,
    0,
    "GMT",
    true,
    "and its winter the time that is saved, by a negative hour",
  ],
  ["Africa/Casablanca", winter, 3600, "+01", false, "standard until 2026-09-20"],
  ["Africa/Casablanca", Date.UTC(2026, 1, 25), 0, "+00", true, "set back for Ramadan"],
  ["Africa/Casablanca", now, 0, "+00", false, "standard since 2026-09-20"],
  ["America/Winnipeg", now, -18000, "EST", false, "Manitoba has had one time since 2026-11-01"],
  ["America/Vancouver", now, -25200, "MST", false, "so has British Columbia"],
  ["America/Edmonton", now, -21600, "CST", false, "and Alberta"],
  ["America/Havana", now, -14400, "CDT", true, "Cuba has kept its summer time in 2026"],
  ["America/Sao_Paulo", winter, -10800, "-03", false, "no summer time since 2019"],
  ["Asia/Manila", winter, 28800, "PST", false, "PST on the other side"],
])(
  "%s at %i: %i s, %s, daylight saving %s (%s)",
  (zone, at, offsetSeconds, abbreviation, isDst) => {
    expect(clockOf(zone).stateAt(at).current).toEqual({ offsetSeconds, abbreviation, isDst });
  },
);

const SECOND_MS = 1000;
const [GMT, BST] = [
  { offsetSeconds: 0, abbreviation: "GMT", isDst: false },
  { offsetSeconds: 3600, abbreviation: "BST", isDst: true },
];

test("a state holds until the second of the next change, which it foretells", () => {
  const [before, change, after] = [
    Date.UTC(2025, 9, 26, 1),
    Date.UTC(2026, 2, 29, 1),
    Date.UTC(2026, 9, 25, 1),
  ];
  const london = clockOf("Europe/London");
  const winter = { current: GMT, sinceMs: before, untilMs: change, next: BST };
  const summer = { current: BST, sinceMs: change, untilMs: after, next: GMT };
  expect(london.stateAt(before)).toEqual(winter);
  expect(london.stateAt(change - SECOND_MS)).toEqual(winter);
  expect(london.stateAt(change - 1)).toEqual(winter);
  expect(london.stateAt(change)).toEqual(summer);
  expect(london.stateAt(change + SECOND_MS)).toEqual(summer);
});

test("where no change is known the offset goes on, before 2020 as after 2037", () => {
  const forever = Date.UTC(9999, 11, 31);
  const kolkata = clockOf("Asia/Kolkata").stateAt(now);
  expect([kolkata.untilMs, kolkata.next]).toEqual([forever, kolkata.current]);
  const london = clockOf("Europe/London");
  expect(london.stateAt(Date.UTC(2039, 6))).toMatchObject({ current: GMT, untilMs: forever });
  expect(london.stateAt(0)).toMatchObject({ current: GMT, untilMs: Date.UTC(2020, 2, 29, 1) });
});

test("there is no clock of what is no zone", () => {
  expect(["Factory", "Mars/Olympus", "europe/london", ""].map(ZoneClock.open)).toEqual(
    Array(4).fill(undefined),
  );
});

test.each([
  ...["CET", "CST6CDT", "EET", "EST", "EST5EDT", "Etc/GMT", "Etc/UTC"],
  ...["HST", "MET", "MST", "MST7MDT", "PST8PDT", "WET"],
])("the zone %s, which is no country's, has its abbreviation", (zone) => {
  const expected = zone.slice(zone.indexOf("/") + 1, zone.indexOf("/") + 4);
  expect(clockOf(zone).stateAt(winter).current.abbreviation).toBe(expected);
});
