import { expect, test } from "vitest";
import { zoneName } from "./zone-name.ts";

test.each<[string, string | undefined]>([
  ["Europe/London", "Europe/London"],
  ["europe/berlin", "Europe/Berlin"],
  ["AMERICA/ARGENTINA/BUENOS_AIRES", "America/Argentina/Buenos_Aires"],
  ["asia/kolkata", "Asia/Kolkata"],
  ["utc", "UTC"],
  ["etc/gmt+5", "Etc/GMT+5"],
  ["us/eastern", "US/Eastern"],
  ["Mars/Olympus", undefined],
  ["+05:00", undefined],
  ["", undefined],
])("the name of the zone %j as tzdata writes it is %j", (text, expected) => {
  expect(zoneName(text)).toBe(expected);
});
