import { join } from "node:path";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import { Closers } from "@geomesh/runtime/lifecycle";
import type { Log } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import type { GeoConfig } from "./config.ts";
import { datasetMessage } from "./datasets/live-composer.ts";
import { openDatasetsDirectory, openLive } from "./datasets/open-live.ts";
import { DatasetAnnouncer } from "./events/dataset-announcer.ts";
import type { DatasetFacts } from "./layers/layer.ts";
import { addDatasetMetrics, lookupCounter } from "./metrics.ts";
import { Poller } from "./poller.ts";
import { batchGetLocations } from "./rpc/batch-get-locations.ts";
import { GEO_DEFINITION } from "./rpc/definition.ts";
import { Geo } from "./rpc/geo.ts";
import { getLocation } from "./rpc/get-location.ts";
import { listDatasets } from "./rpc/list-datasets.ts";
import { type FrameStream, lookupFrames } from "./rpc/lookup-frames.ts";
import { sourcesOf } from "./updater/source.ts";
import { StateFile } from "./updater/state-file.ts";
import { Updater } from "./updater/updater.ts";

export interface GeoService {
  readonly port: number;
  readonly opsPort: number;
  close(): Promise<void>;
}

/** What tests replace. */
export interface Overrides {
  readonly now?: () => number;
}

const DRAIN_MS = 5000;
const UPDATE_POLL_MS = 60_000;

/** Starts geo: it serves as soon as a dataset is loaded, whether the event log is there or not. */
export async function start(
  config: GeoConfig,
  log: Log,
  overrides: Overrides = {},
): Promise<GeoService> {
  const closers = new Closers(log);
  try {
    const sources = sourcesOf(config);
    const metrics = createMetrics("geo");
    const now = overrides.now ?? Date.now;
    const bus = await connectEvents({ url: config.natsUrl, name: "geo", log });
    closers.add("events", () => bus.close());
    const announcer = new DatasetAnnouncer(bus);
    closers.add("announcer", () => announcer.close());

    const onDataset = (facts: DatasetFacts) => announcer.announce(datasetMessage(facts, now()));
    const directory = await openDatasetsDirectory(config);
    const live = await openLive(config, directory, log, { onDataset, now });
    addDatasetMetrics(metrics, live);
    const lookups = lookupCounter(metrics);
    const geo = new Geo(live, now, (addresses) => lookups.inc(addresses));
    const streams = new Set<FrameStream>();
    const server = await startGrpcServer({
      host: config.host,
      port: config.port,
      services: [geoService(geo, streams)],
      descriptors: descriptorSetBytes(),
      log,
      metrics,
    });
    closers.add("grpc", () => server.close(DRAIN_MS));
    closers.add("frame streams", () => {
      server.setServing(false);
      for (const stream of streams) stream.end();
    });
    const problems = () => live.problems();
    const opsOptions = { host: config.host, port: config.opsPort, metrics, problems };
    const ops = await startOpsServer(opsOptions);
    closers.add("ops", () => ops.close());

    await live.load();
    server.setServing(live.composer !== undefined);
    const follow = async () => {
      await live.poll();
      server.setServing(live.composer !== undefined);
    };
    const poller = new Poller(follow, config.pollMs, log);
    closers.add("poller", () => poller.close());
    const updater = new Updater({
      sources,
      directory,
      states: await StateFile.open(join(config.dataDir, "updates.json")),
      intervalMs: config.updateIntervalHours * 3_600_000,
      inForce: (name) => live.facts().find((facts) => facts.name === name),
      log,
      now,
      random: Math.random,
    });
    const updates = new Poller(() => updater.runDue(), UPDATE_POLL_MS, log);
    closers.add("updates", () => updates.close());
    return { port: server.port, opsPort: ops.port, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

function geoService(geo: Geo, streams: Set<FrameStream>) {
  return implement(GEO_DEFINITION, {
    getLocation: getLocation(geo),
    batchGetLocations: batchGetLocations(geo),
    lookupFrames: lookupFrames(geo, streams),
    listDatasets: listDatasets(geo),
  });
}
