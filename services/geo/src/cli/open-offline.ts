import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { createLog } from "@geomesh/runtime/log";
import type { LocationComposer, Sources } from "../answer/location-composer.ts";
import type { GeoConfig } from "../config.ts";
import type { RefusedFile } from "../datasets/catalog.ts";
import { openDatasetsDirectory } from "../datasets/datasets-directory.ts";
import { openLive } from "../live/open-live.ts";

/** What the settings of geo name, loaded as the service loads it. */
export interface Offline {
  readonly composer: LocationComposer;
  readonly sources: Sources;
  /** The dataset files that are not served. */
  readonly refused: readonly RefusedFile[];
  /** Why overrides or lists are refused, as sentences: nothing of them applies. */
  readonly warnings: readonly string[];
}

/** Loads what a service with these settings would answer from. Errors: AppError where it would not start or serve. */
export async function openOffline(config: GeoConfig, clock: Clock): Promise<Offline> {
  const directory = await openDatasetsDirectory(config, { clock });
  const log = createLog({ service: "geo", level: "silent" });
  const live = await openLive(config, { directory, clock, log, onDataset: () => undefined });
  await live.load();
  const { composer, sources } = live;
  if (composer === undefined || sources === undefined) {
    throw new AppError("DATASET_MISSING", { message: live.problems().join("; ") });
  }
  return { composer, sources, refused: live.refused(), warnings: live.warnings() };
}
