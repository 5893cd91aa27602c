import { expect, test } from "vitest";
import { localTime } from "./local-time.ts";

const NOON_MS = Date.UTC(2026, 0, 15, 12);

test.each([
  [NOON_MS, 0, "12:00:00", "2026-01-15T12:00:00+00:00", "UTC"],
  [
    NOON_MS + 999,
    20_700,
    "17:45:00",
    "2026-01-15T17:45:00+05:45",
    "parts of a second are left out",
  ],
  [NOON_MS, -9_000, "09:30:00", "2026-01-15T09:30:00-02:30", "west of UTC, with half an hour"],
  [NOON_MS, 46_800, "01:00:00", "2026-01-16T01:00:00+13:00", "the next day"],
  [-1, 0, "23:59:59", "1969-12-31T23:59:59+00:00", "before 1970"],
])("at %i with %i s it is %s (%s; %s)", (wallMs, offset, timeOfDay, dateTime) => {
  expect(localTime(wallMs, offset)).toEqual({ timeOfDay, dateTime });
});
