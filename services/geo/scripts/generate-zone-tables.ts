// Writes the tables of time zones in src/derived from tzdata/zoneinfo.json.br. With the directory of a newer tzdata, which must
// have tzdata.zi and zone.tab, it first keeps that one there by the system's zic: npm run zones -- /usr/share/zoneinfo
import { writeFormatted } from "./write-formatted.ts";
import { countriesOfOneTime, historiesOf, zonesOfCountries } from "./zone-tables.ts";
import { keepZoneinfo, readZoneinfo } from "./zoneinfo.ts";

const [directory] = process.argv.slice(2);
if (directory !== undefined) keepZoneinfo(directory);
const zoneinfo = readZoneinfo();
const { version } = zoneinfo;

function write(file: string, text: string): void {
  const header = `// Written by \`npm run zones\` from tzdata ${version}, which is in the public domain.`;
  writeFormatted(new URL(`../src/derived/${file}`, import.meta.url), `${header}\n\n${text}`);
}

write(
  "zone-histories.ts",
  `/** The version of tzdata that time zones are answered by. */
export const TZDATA_VERSION = ${JSON.stringify(version)};

/** Zones with the same clocks. Their history is in the form that \`ZoneClock\` reads. */
export const ZONE_HISTORIES: readonly (readonly [
  offsets: string,
  order: string,
  changes: string,
  zones: string,
])[] = ${JSON.stringify(historiesOf(zoneinfo))};
`,
);
write(
  "zone-countries.ts",
  `/** The zones of each country, those of most people first. */
export const ZONES_OF_COUNTRIES: Readonly<Record<string, string>> = ${JSON.stringify(zonesOfCountries(zoneinfo))};

/** Countries with several zones whose clocks show the same since the beginning of ${version.slice(0, 4)} and as far as the rules go. */
export const COUNTRIES_OF_ONE_TIME = ${JSON.stringify(countriesOfOneTime(zoneinfo))};
`,
);
