import { join } from "node:path";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import { Closers } from "@geomesh/runtime/lifecycle";
import type { Log } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/metrics";
import { startOpsServer } from "@geomesh/runtime/ops-server";
import type { GeoConfig } from "./config.ts";
import { DatasetStore } from "./datasets/dataset-store.ts";
import { unpackDefaultDatasets } from "./datasets/default-datasets.ts";
import { loadDatasets } from "./datasets/load.ts";
import { DatasetAnnouncer, datasetStream } from "./events/dataset-announcer.ts";
import { batchGetLocations } from "./rpc/batch-get-locations.ts";
import { geoDefinition } from "./rpc/definition.ts";
import { Geo } from "./rpc/geo.ts";
import { getLocation } from "./rpc/get-location.ts";
import { listDatasets } from "./rpc/list-datasets.ts";
import { lookupFrames } from "./rpc/lookup-frames.ts";

export type GeoService = {
  readonly port: number;
  readonly opsPort: number;
  close(): Promise<void>;
};

/** What tests replace. */
export type Overrides = { readonly now?: () => number };

const drainMs = 5000;

/** Starts geo: it serves as soon as a dataset is loaded, whether the event log is there or not. */
export async function start(
  config: GeoConfig,
  log: Log,
  overrides: Overrides = {},
): Promise<GeoService> {
  const closers = new Closers(log);
  try {
    const metrics = createMetrics("geo");
    const now = overrides.now ?? Date.now;
    const datasets = new DatasetStore(now);
    const directory = await datasetsDirectory(config);
    datasets.use(await loadDatasets(directory));

    const bus = await connectEvents({ url: config.natsUrl, name: "geo", log });
    closers.add("events", () => bus.close());
    const announcer = new DatasetAnnouncer(bus);
    closers.add("announcer", () => announcer.close());
    const stopEnsuring = new AbortController();
    closers.add("event stream", () => stopEnsuring.abort());
    bus.ensureStream({ ...datasetStream, signal: stopEnsuring.signal }).catch(() => undefined);

    const geo = new Geo(datasets, now);
    const service = implement(geoDefinition, {
      getLocation: getLocation(geo),
      batchGetLocations: batchGetLocations(geo),
      lookupFrames: lookupFrames(geo),
      listDatasets: listDatasets(geo),
    });
    const server = await startGrpcServer({
      host: config.host,
      port: config.port,
      services: [service],
      descriptors: descriptorSetBytes(),
      log,
      metrics,
    });
    closers.add("grpc", () => server.close(drainMs));

    const ops = await startOpsServer({
      host: config.host,
      port: config.opsPort,
      metrics,
      problems: () => (datasets.composer === undefined ? ["no dataset is loaded"] : []),
    });
    closers.add("ops", () => ops.close());

    server.setServing(datasets.composer !== undefined);
    for (const dataset of datasets.list()) announcer.announce(dataset);
    return { port: server.port, opsPort: ops.port, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function datasetsDirectory(config: GeoConfig): Promise<string> {
  if (config.datasetsDir !== "") return config.datasetsDir;
  const directory = join(config.dataDir, "datasets");
  await unpackDefaultDatasets(directory);
  return directory;
}
