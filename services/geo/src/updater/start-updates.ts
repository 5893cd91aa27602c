import { homedir } from "node:os";
import { join } from "node:path";
import { type Poller, startPoller } from "@geomesh/runtime/async/poller";
import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import type { GeoConfig } from "../config.ts";
import type { DatasetFacts } from "../layers/layer.ts";
import { datasetUpdate } from "./dataset-update.ts";
import { listUpdate } from "./list-update.ts";
import type { Sources } from "./sources.ts";
import { StateFile } from "./state-file.ts";
import { addUpdateMetrics } from "./update-metrics.ts";
import { Updater } from "./updater.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const UPDATE_POLL_MS = 60_000;

/** What updates work with. */
export interface UpdatesDeps {
  readonly sources: Sources;
  /** The datasets directory. */
  readonly directory: string;
  /** The dataset that is serving under a file name. */
  readonly serving: (name: string) => DatasetFacts | undefined;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts to download datasets and lists when they are due; closing it ends a download under way. Errors: those of the file that
 * keeps when that is.
 */
export async function startUpdates(
  config: Pick<GeoConfig, "dataDir" | "updateIntervalHours" | "securityDir" | "npmEnv">,
  { sources, directory, serving, metrics, clock, log }: UpdatesDeps,
): Promise<Poller> {
  const states = await StateFile.open(join(config.dataDir, "updates.json"), log);
  const closing = new AbortController();
  const { signal } = closing;
  // The directory is that of the process, as for every path of the settings.
  const npm = { env: config.npmEnv, home: homedir(), directory: "." };
  const datasets = { directory, serving, npm, clock, log, signal };
  const lists = {
    directory: config.securityDir,
    workDirectory: join(config.dataDir, "incoming-lists"),
    clock,
    signal,
  };
  const intervalMs = config.updateIntervalHours * HOUR_MS;
  const weekly = { intervalMs: WEEK_MS, isQuiet: true };
  const updates = [
    ...sources.datasets.map((source) => datasetUpdate(source, datasets, { intervalMs })),
    ...sources.packaged.map((source) => datasetUpdate(source, datasets, weekly)),
    ...sources.lists.map((source) => listUpdate(source, lists)),
  ];
  addUpdateMetrics(metrics, { ids: updates.map(({ id }) => id), states });
  const updater = new Updater({ updates, states, random: Math.random, clock, log, signal });
  const poller = startPoller(() => updater.runDue(), {
    pauseMs: UPDATE_POLL_MS,
    onError: (err) => log.error({ err }, "looking for updates failed"),
  });
  return {
    close() {
      closing.abort(new Error("geo stops"));
      return poller.close();
    },
  };
}
