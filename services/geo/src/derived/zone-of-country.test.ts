import { expect, test } from "vitest";
import { onlyZone, zoneInCountry } from "./zone-of-country.ts";

test.each<[string, string | undefined, string | undefined, string]>([
  ["Europe/London", "GB", "Europe/London", "its zone"],
  ["europe/london", "GB", "Europe/London", "in any case of letters"],
  ["Asia/Calcutta", "IN", "Asia/Kolkata", "an older name"],
  ["Africa/Asmera", "ER", "Africa/Asmara", "one that tzdata links to another country"],
  ["Iceland", "IS", "Atlantic/Reykjavik", "an older name that tzdata links to another country"],
  ["US/Eastern", "US", "America/New_York", "the first of several"],
  ["Europe/Berlin", "DK", "Europe/Copenhagen", "a neighbour's zone with the same clocks"],
  ["Europe/Copenhagen", "SE", "Europe/Stockholm", "as it stands where the border is not exact"],
  ["Asia/Tokyo", "GB", undefined, "a time that the country does not have"],
  ["Europe/Lisbon", "GB", undefined, "the same offsets by other names"],
  ["Europe/Belgrade", "XK", "Europe/Belgrade", "a country that tzdata has no zones of"],
  ["Europe/Kiev", undefined, "Europe/Kiev", "no country"],
  ["Mars/Olympus", "GB", undefined, "no zone"],
  ["Mars/Olympus", undefined, undefined, "no zone and no country"],
])("%s in %s is %s (%s)", (name, country, expected) => {
  expect(zoneInCountry(name, country)).toBe(expected);
});

test.each<[string | undefined, string | undefined, string]>([
  ["GB", "Europe/London", "one zone"],
  ["VN", "Asia/Ho_Chi_Minh", "one zone"],
  ["DE", "Europe/Berlin", "Büsingen has the same time"],
  ["AR", "America/Argentina/Buenos_Aires", "all its zones have the same time now"],
  ["KZ", "Asia/Almaty", "one time since 2024"],
  ["US", undefined, "several times"],
  ["CA", undefined, "several times"],
  ["CN", undefined, "tzdata has a time of its own for Ürümqi"],
  ["XK", undefined, "tzdata has no zone of it"],
  ["ZZ", undefined, "no country"],
  [undefined, undefined, "no country"],
])("the zone that follows from %s alone is %s (%s)", (country, expected) => {
  expect(onlyZone(country)).toBe(expected);
});
