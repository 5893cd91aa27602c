import moment from "moment-timezone";
import { expect, test } from "vitest";
import { differences, secondsAround, seededSeconds } from "../../scripts/zone-differences.ts";
import { countriesOfOneTime, historiesOf, zonesOfCountries } from "../../scripts/zone-tables.ts";
import { COVERED_SECONDS, CompiledZone, readZoneinfo } from "../../scripts/zoneinfo.ts";
import { COUNTRIES_OF_ONE_TIME, ZONES_OF_COUNTRIES } from "./zone-countries.ts";
import { TZDATA_VERSION, ZONE_HISTORIES } from "./zone-histories.ts";
import { ZoneClock, zoneNames } from "./zone-state.ts";

const SEED = 2_463_534_242;
const SECONDS = seededSeconds(2_000, SEED);
/** Debian keeps the zone MET; where tzdata is built otherwise, it is another name of Europe/Brussels, with its abbreviations. */
const ABBREVIATED_OTHERWISE = "MET";
const zoneinfo = readZoneinfo();
const zones = Object.entries(zoneinfo.zones).map(
  ([name, base64]) => [name, new CompiledZone(base64)] as const,
);

test("the tables are those that `npm run zones` makes of the kept tzdata", () => {
  expect(TZDATA_VERSION).toBe(zoneinfo.version);
  expect(ZONE_HISTORIES).toEqual(historiesOf(zoneinfo));
  expect(ZONES_OF_COUNTRIES).toEqual(zonesOfCountries(zoneinfo));
  expect(COUNTRIES_OF_ONE_TIME).toBe(countriesOfOneTime(zoneinfo));
});

test(`all zones show what zoneinfo says, at 2,000 moments and around every change (seed ${SEED})`, () => {
  expect(Array.from(zoneNames()).sort()).toEqual(zones.map(([name]) => name));
  for (const [name, zone] of zones) {
    const seconds = [...SECONDS, ...secondsAround(zone.changes)];
    expect(differences(name, seconds, (second) => zone.at(second))).toEqual([]);
  }
});

test("the changes of all zones are foretold to the second", () => {
  for (const [name, zone] of zones) {
    const clock = ZoneClock.open(name) as ZoneClock;
    let state = clock.stateAt(COVERED_SECONDS.from * 1000);
    for (const change of zone.changes) {
      if (change <= COVERED_SECONDS.from || change >= COVERED_SECONDS.until) continue;
      // Compiled zones have changes after which clocks show the same.
      if (change * 1000 < state.untilMs) continue;
      expect([name, state.untilMs, state.next]).toEqual([name, change * 1000, zone.at(change)]);
      const next = clock.stateAt(change * 1000);
      expect([next.sinceMs, next.current]).toEqual([state.untilMs, state.next]);
      state = next;
    }
    expect(state.untilMs).toBe(Date.UTC(9999, 11, 31));
  }
});

test("all zones show what moment-timezone says, which is made of the same tzdata", () => {
  expect(moment.tz.dataVersion).toBe(TZDATA_VERSION);
  expect(moment.tz.names().filter((name) => ZoneClock.open(name) === undefined)).toEqual([]);
  for (const [name, { changes }] of zones) {
    const other = moment.tz.zone(name);
    const seconds = [...SECONDS, ...secondsAround(changes)];
    const found = differences(name, seconds, (second) => ({
      // In minutes west of UTC, where 0 may have a sign.
      offsetSeconds: (other?.utcOffset(second * 1000) ?? Number.NaN) * -60 + 0,
      ...(name !== ABBREVIATED_OTHERWISE && { abbreviation: other?.abbr(second * 1000) ?? "" }),
    }));
    expect(found).toEqual([]);
  }
});
