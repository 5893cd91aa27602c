// Writes src/derived/zone-abbreviations.ts and src/derived/zone-countries.ts from the system's tzdata.
// Run it when tzdata changes: node services/geo/scripts/generate-zone-tables.ts
import { readFileSync } from "node:fs";
import { writeFormatted } from "./write-formatted.ts";

const ZONEINFO = "/usr/share/zoneinfo/";
const DERIVED = new URL("../src/derived/", import.meta.url);

const lines = (name: string) =>
  readFileSync(ZONEINFO + name, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

const version = /version (\S+)/.exec(readFileSync(`${ZONEINFO}tzdata.zi`, "utf8"))?.[1] as string;
const links = new Map(
  lines("tzdata.zi")
    .filter((line) => line.startsWith("L "))
    .map((line) => line.split(" ").slice(1, 3).reverse() as [string, string]),
);

function zonesByCountry(): Map<string, Set<string>> {
  const countries = new Map<string, Set<string>>();
  const listed = new Set<string>();
  for (const name of ["zone.tab", "zone1970.tab"]) {
    for (const line of lines(name)) {
      const [codes, , zone] = line.split("\t") as [string, string, string];
      if (name === "zone.tab") listed.add(zone);
      for (const code of codes.split(",")) {
        countries.set(code, (countries.get(code) ?? new Set()).add(zone));
      }
    }
  }
  for (const [link, target] of links) {
    if (listed.has(link)) continue;
    for (const zones of countries.values()) {
      if ([...zones].some((zone) => finalTarget(zone) === finalTarget(target))) zones.add(link);
    }
  }
  return countries;
}

function finalTarget(zone: string): string {
  const target = links.get(zone);
  return target === undefined ? zone : finalTarget(target);
}

/** The POSIX TZ string that ends a compiled zone (RFC 9636 section 3.3) names the abbreviations in use now. */
function abbreviations(zone: string): string | undefined {
  const footer = readFileSync(ZONEINFO + zone, "latin1")
    .trimEnd()
    .split("\n")
    .at(-1) as string;
  const rule = /^([A-Za-z]+)([-+0-9:]+)(?:([A-Za-z]+)([-+0-9:]+)?)?/.exec(footer);
  if (rule === null) return undefined;
  const [, standard, standardOffset, daylight, daylightOffset] = rule;
  const seconds = eastOf(standardOffset as string);
  const first = `${standard}=${seconds}`;
  if (daylight === undefined) return first;
  return `${first} ${daylight}=${daylightOffset === undefined ? seconds + 3600 : eastOf(daylightOffset)}`;
}

function eastOf(posixOffset: string): number {
  const [hours, minutes = "0"] = posixOffset.split(":") as [string, string?];
  const sign = hours.startsWith("-") ? 1 : -1;
  return sign * (Math.abs(Number(hours)) * 3600 + Number(minutes) * 60);
}

const countries = [...zonesByCountry()].sort(([a], [b]) => (a < b ? -1 : 1));
/** Zones without a country too, such as `CET`. */
const ownZones = lines("tzdata.zi")
  .filter((line) => line.startsWith("Z "))
  .map((line) => line.split(" ")[1] as string)
  .filter((zone) => zone !== "Factory");
const zones = new Set([
  ...countries.flatMap(([, names]) => [...names]),
  ...links.keys(),
  ...ownZones,
]);
const groups = new Map<string, string[]>();
for (const zone of [...zones].sort()) {
  const group = abbreviations(zone);
  if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), zone]);
}

const header = `// Written by scripts/generate-zone-tables.ts from tzdata ${version}, which is in the public domain.\n\n`;
const abbreviationLines = [...groups].map(
  ([group, names]) => `  [${JSON.stringify(group)}, ${JSON.stringify(names.join(" "))}],`,
);
writeFormatted(
  new URL("zone-abbreviations.ts", DERIVED),
  `${header}/** Abbreviations with their offsets in seconds, and the zones that use them. Other zones have numeric ones. */
export const ZONE_ABBREVIATIONS: readonly [abbreviations: string, zones: string][] = [\n${abbreviationLines.join("\n")}\n];\n`,
);
const countryLines = countries.map(
  ([code, names]) => `  ${code}: ${JSON.stringify([...names].sort().join(" "))},`,
);
writeFormatted(
  new URL("zone-countries.ts", DERIVED),
  `${header}/** The zones of each country, with their older names. */
export const ZONES_OF_COUNTRIES: Readonly<Record<string, string>> = {\n${countryLines.join("\n")}\n};\n`,
);
