import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { startPoller } from "@geomesh/runtime/async/poller";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { natsAccessOf } from "@geomesh/runtime/events/nats-settings";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import { Closers } from "@geomesh/runtime/lifecycle";
import type { Log } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import { openTlsFiles } from "@geomesh/runtime/trust/tls-files";
import type { GeoConfig } from "./config.ts";
import { openDatasetsDirectory } from "./datasets/datasets-directory.ts";
import { StaleWarnings } from "./datasets/stale.ts";
import { openLive } from "./live/open-live.ts";
import { addDatasetMetrics, lookupCounter } from "./metrics.ts";
import { startDatasetAnnouncer } from "./publish/dataset-announcer.ts";
import { ENCODED_GEO_SERVICE, ENCODED_LOOKUP_SERVICE } from "./rpc/encoded-service.ts";
import { createHandlers } from "./rpc/handlers.ts";
import { openSources } from "./updater/sources.ts";
import { startUpdates } from "./updater/start-updates.ts";

/** A running geo service. */
export interface GeoService {
  readonly port: number;
  readonly opsPort: number;
  close(): Promise<void>;
}

/** What tests replace. */
export interface GeoOptions {
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
}

const DRAIN_MS_MAX = 5_000;

/** Starts geo: it serves as soon as a dataset is loaded, whether NATS is available or not. */
export async function start(
  config: GeoConfig,
  log: Log,
  { clock = SYSTEM_CLOCK }: GeoOptions = {},
): Promise<GeoService> {
  const closers = new Closers(log);
  try {
    const sources = await openSources(config);
    const metrics = createMetrics("geo");
    const tls = await openTlsFiles(config, { log });
    closers.add("tls", async () => tls?.close());
    const bus = await connectEvents({ ...natsAccessOf(config), name: "geo", metrics, clock, log });
    closers.add("events", () => bus.close());
    const announcer = startDatasetAnnouncer({ bus, clock });
    closers.add("announcer", () => announcer.close());

    const directory = await openDatasetsDirectory(config, { clock });
    const live = await openLive(config, {
      directory,
      clock,
      log,
      onDataset: (dataset) => announcer.announce(dataset),
    });
    addDatasetMetrics(metrics, { live, clock });
    const lookups = lookupCounter(metrics);
    const handlers = createHandlers({
      live,
      clock,
      countAddresses: (addresses) => lookups.inc(addresses),
    });
    const server = await startGrpcServer({
      host: config.host,
      port: config.port,
      socketPath: config.socketPath,
      tls,
      services: [
        implement(ENCODED_GEO_SERVICE, handlers.geo),
        implement(ENCODED_LOOKUP_SERVICE, handlers.lookup),
      ],
      descriptors: descriptorSetBytes(),
      clock,
      log,
      metrics,
    });
    closers.add("grpc", () => server.close(DRAIN_MS_MAX));
    const ops = await startOpsServer({
      host: config.host,
      port: config.opsPort,
      metrics,
      log,
      problems: () => [
        ...live.problems().map((message) => ({ reason: "dataset_missing", message })),
        ...bus.problems(),
      ],
    });
    closers.add("ops", () => ops.close());

    const stale = new StaleWarnings({ clock, log });
    const tell = () => {
      server.setServing(live.problems().length === 0);
      stale.check(live.facts());
    };
    await live.load();
    tell();
    const follow = async () => {
      await live.poll();
      tell();
    };
    const datasets = startPoller(follow, {
      pauseMs: config.pollMs,
      onError: (err) => log.error({ err }, "polling the dataset files failed"),
    });
    closers.add("datasets", () => datasets.close());
    const serving = (name: string) => live.facts().find((facts) => facts.name === name);
    const updates = await startUpdates(config, {
      sources,
      directory: directory.path,
      serving,
      metrics,
      clock,
      log,
    });
    closers.add("updates", () => updates.close());
    return { port: server.port, opsPort: ops.port, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}
