import { join } from "node:path";
import { type Poller, startPoller } from "@geomesh/runtime/async/poller";
import type { GeoConfig } from "../config.ts";
import { StateFile } from "./state-file.ts";
import { Updater, type UpdaterDeps } from "./updater.ts";

const HOUR_MS = 3_600_000;
const UPDATE_POLL_MS = 60_000;

/**
 * Starts to download datasets when they are due; closing it ends a download under way. Errors: those of the file that keeps when
 * that is.
 */
export async function startUpdates(
  config: Pick<GeoConfig, "dataDir" | "updateIntervalHours">,
  deps: Omit<UpdaterDeps, "states" | "random" | "signal">,
): Promise<Poller> {
  const states = await StateFile.open(join(config.dataDir, "updates.json"), deps.log);
  const closing = new AbortController();
  const updater = new Updater(
    { ...deps, states, random: Math.random, signal: closing.signal },
    { intervalMs: config.updateIntervalHours * HOUR_MS },
  );
  const poller = startPoller(() => updater.runDue(), {
    pauseMs: UPDATE_POLL_MS,
    onError: (err) => deps.log.error({ err }, "looking for dataset updates failed"),
  });
  return {
    close() {
      closing.abort(new Error("geo stops"));
      return poller.close();
    },
  };
}
