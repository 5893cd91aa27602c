import { expect, test } from "vitest";
import { ZONES_OF_COUNTRIES } from "../derived/zone-countries.ts";
import { haveSameClocks, ZoneClock } from "../derived/zone-state.ts";
import type { Place } from "./place.ts";
import { zoneOfPlace } from "./zone-of-place.ts";

type Some = Partial<Place>;
const placeOf = (some: Some) => some as Place;
const at = (latitude: number, longitude: number, accuracyRadiusKm?: number): Some => ({
  latitude,
  longitude,
  accuracyRadiusKm,
});

const WINNIPEG = { countryCode: "CA", city: "Winnipeg", ...at(49.8951, -97.1384, 20) };
const CENTRE = { countryCode: "CA", timezoneName: "America/Toronto" };

test.each<[string, Some, string | undefined]>([
  [
    "a zone that the record names",
    { ...WINNIPEG, timezoneName: "America/Toronto" },
    "America/Toronto",
  ],
  [
    "an older name of its zone",
    { ...WINNIPEG, timezoneName: "canada/central" },
    "America/Winnipeg",
  ],
  ["a zone and a region", { ...CENTRE, regionIsoCode: "ON" }, "America/Toronto"],
  ["a zone and a country of several times", CENTRE, undefined],
  [
    "a zone and the centre of a country of several times",
    { ...CENTRE, ...at(43.6319, -79.3716, 1000) },
    undefined,
  ],
  [
    "a zone and that centre with a small radius",
    { ...CENTRE, ...at(43.6319, -79.3716, 5) },
    undefined,
  ],
  ["a country of one time", { countryCode: "FR" }, "Europe/Paris"],
  [
    "a country of several zones and one time",
    { countryCode: "DE", ...at(51.3, 9.5, 200) },
    "Europe/Berlin",
  ],
  ["a continent alone", { timezoneName: "Europe/Vaduz", ...at(47, 8, 1000) }, undefined],
  ["coordinates of a town", WINNIPEG, "America/Winnipeg"],
  [
    "coordinates of a town without a radius",
    { ...WINNIPEG, accuracyRadiusKm: undefined },
    "America/Winnipeg",
  ],
  ["coordinates of a town with a wide radius", { ...WINNIPEG, accuracyRadiusKm: 101 }, undefined],
  [
    "coordinates of a region with a radius",
    { countryCode: "CA", region: "Manitoba", ...at(49.9, -97.1, 50) },
    "America/Winnipeg",
  ],
  [
    "coordinates of a region without a radius",
    { countryCode: "CA", region: "Manitoba", ...at(49.9, -97.1) },
    undefined,
  ],
  ["coordinates alone", at(35.69, 139.69, 10), "Asia/Tokyo"],
  [
    "coordinates beside a border of zones",
    { countryCode: "US", city: "Phenix City", ...at(32.471, -85.001, 10) },
    undefined,
  ],
  [
    "coordinates beside a border of countries",
    { countryCode: "CA", city: "Windsor", ...at(42.3, -83.02, 10) },
    "America/Toronto",
  ],
  [
    "coordinates beside a border of one time",
    { countryCode: "CH", city: "Schaffhausen", ...at(47.7, 8.69, 10) },
    "Europe/Zurich",
  ],
  [
    "coordinates in another country",
    { countryCode: "US", city: "Springfield", ...at(48.85, 2.35, 10) },
    undefined,
  ],
  [
    "coordinates in another country and a country of one time",
    { countryCode: "VN", city: "X", ...at(48.85, 2.35, 10) },
    "Asia/Ho_Chi_Minh",
  ],
  [
    "coordinates at the date line",
    { countryCode: "FJ", city: "Taveuni", ...at(-16.85, -179.99, 10) },
    "Pacific/Fiji",
  ],
  ["coordinates of a pole", { countryCode: "AQ", city: "Pole", ...at(-90, 0, 10) }, undefined],
  ["half of the coordinates", { ...WINNIPEG, longitude: undefined }, undefined],
  ["nothing", {}, undefined],
])("the zone of a place that is known by %s", (_, place, expected) => {
  expect(zoneOfPlace(placeOf(place))).toBe(expected);
});

test("coordinates all over the Earth give a zone of tzdata, and of the country, or none", () => {
  const codes = Object.keys(ZONES_OF_COUNTRIES);
  for (let latitude = -90; latitude <= 90; latitude += 3) {
    for (let longitude = -180; longitude <= 180; longitude += 3) {
      const alone = zoneOfPlace(placeOf({ city: "X", ...at(latitude, longitude, 1) }));
      if (alone !== undefined) expect(ZoneClock.open(alone), alone).toBeDefined();
      const code = codes[Math.abs(latitude * 121 + longitude) % codes.length] as string;
      const within = zoneOfPlace(
        placeOf({ countryCode: code, city: "X", ...at(latitude, longitude, 1) }),
      );
      if (within !== undefined) expect(ZONES_OF_COUNTRIES[code]?.split(" ")).toContain(within);
    }
  }
  expect(haveSameClocks("Mars/Olympus", "Mars/Olympus")).toBe(false);
});
