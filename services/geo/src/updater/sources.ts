import { AppError } from "@geomesh/runtime/errors";
import type { GeoConfig } from "../config.ts";
import { CITY_PACKAGE, installedVersion } from "../datasets/default-datasets.ts";
import { type ListSource, readListSources } from "../lists/list-sources.ts";
import { parsePackage } from "../npm/package-spec.ts";
import { LineError } from "../operator-files/lines.ts";
import { fileOf, type PackageSource, sourcesOf, type UpdateSource } from "./source.ts";

/** Everything that is kept current. */
export interface Sources {
  /** Of the operator. */
  readonly datasets: readonly UpdateSource[];
  /** Of the npm packages that geo comes with. */
  readonly packaged: readonly PackageSource[];
  readonly lists: readonly ListSource[];
}

/** Reads what is to be kept current from the settings. Errors: SETTING_INVALID. */
export async function openSources(config: GeoConfig): Promise<Sources> {
  const datasets = sourcesOf(config);
  const packaged = packagedSources(config, datasets);
  return { datasets, packaged, lists: await listsOf(config) };
}

/** None with datasets of the operator's own, and none for what one of the operator's sources makes. */
function packagedSources(
  { updateDefaults, datasetsDir }: GeoConfig,
  datasets: readonly UpdateSource[],
): PackageSource[] {
  const spec = parsePackage(`npm:${CITY_PACKAGE}`);
  if (!updateDefaults || datasetsDir !== "" || spec === undefined) return [];
  const source = { spec, installedVersion: installedVersion(spec.name) };
  const isTaken = datasets.some(
    (other) =>
      fileOf(other) === fileOf(source) || ("spec" in other && other.spec.name === spec.name),
  );
  return isTaken ? [] : [source];
}

async function listsOf({ updateListsFile, securityDir }: GeoConfig): Promise<ListSource[]> {
  if (updateListsFile === "") return [];
  if (securityDir === "") {
    const message = "GEO_UPDATE_LISTS_FILE needs GEO_SECURITY_DIR, where the lists are put";
    throw new AppError("SETTING_INVALID", { message });
  }
  try {
    return await readListSources(updateListsFile);
  } catch (error) {
    const problem =
      error instanceof LineError
        ? error.message
        : `${updateListsFile} cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new AppError("SETTING_INVALID", { message: `GEO_UPDATE_LISTS_FILE: ${problem}` });
  }
}
