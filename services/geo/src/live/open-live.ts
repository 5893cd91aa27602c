import { join } from "node:path";
import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import { SystemSources } from "../asn/system-sources.ts";
import type { GeoConfig } from "../config.ts";
import { DatasetCatalog } from "../datasets/catalog.ts";
import type { DatasetsDirectory } from "../datasets/datasets-directory.ts";
import { FindingsStore } from "../datasets/findings-store.ts";
import { requireOperatorFiles } from "../operator-files/require-operator-files.ts";
import { Watched } from "../operator-files/watched.ts";
import { OverrideTable } from "../overrides/override-table.ts";
import { readOverrides } from "../overrides/parse-overrides.ts";
import { publicUrlOf } from "../public-url.ts";
import { defaultLists } from "../security/default-lists.ts";
import { loadSecurityLists } from "../security/load-lists.ts";
import { loadSecurityListsInThread } from "../security/load-lists-in-thread.ts";
import { LiveComposer } from "./live-composer.ts";

/** What `openLive` works with. */
export interface OpenLiveDeps {
  readonly directory: DatasetsDirectory;
  readonly clock: Clock;
  readonly log: Log;
  /** Receives each dataset that starts to serve. */
  readonly onDataset: (dataset: Dataset) => void;
}

/**
 * Puts together what answers come from, with the datasets of a directory; nothing is loaded yet. Errors: SETTING_INVALID for
 * overrides or lists that do not exist.
 */
export async function openLive(
  config: Pick<GeoConfig, "dataDir" | "asnSources" | "overridesFile" | "securityDir" | "publicUrl">,
  { directory, clock, log, onDataset }: OpenLiveDeps,
): Promise<LiveComposer> {
  await requireOperatorFiles(config);
  const findings = await FindingsStore.open(join(config.dataDir, "checked-datasets.json"));
  return new LiveComposer({
    catalog: new DatasetCatalog({
      directory: directory.path,
      packaged: directory.packaged,
      findings,
      clock,
      log,
    }),
    systemSources: new SystemSources({ names: config.asnSources, log }),
    overrides: new Watched({
      path: config.overridesFile || undefined,
      initial: new OverrideTable([]),
      read: readOverrides,
      log,
    }),
    lists: new Watched({
      path: config.securityDir || undefined,
      initial: defaultLists(),
      read: loadSecurityLists,
      readChanged: loadSecurityListsInThread,
      log,
    }),
    log,
    publicUrl: publicUrlOf(config.publicUrl) ?? "",
    onDataset,
  });
}
