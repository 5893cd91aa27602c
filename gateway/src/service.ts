import { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { natsAccessOf } from "@geomesh/runtime/events/nats-settings";
import { ClientMetrics } from "@geomesh/runtime/grpc/client-metrics";
import { Closers } from "@geomesh/runtime/lifecycle";
import { type Log, standardOutput } from "@geomesh/runtime/log";
import { createMetrics, type Metrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import type { GatewayConfig } from "./config.ts";
import { createExchangeAuthentication } from "./fronts/authentication.ts";
import { startFronts } from "./fronts/start-fronts.ts";
import { openCertificate } from "./http/certificate.ts";
import { acknowledgeBy } from "./keys/acknowledge.ts";
import { type AnonymousUse, createAnonymousUse } from "./keys/anonymous.ts";
import { createAuthenticator } from "./keys/authenticate.ts";
import { startKeyFollower } from "./keys/key-follower.ts";
import { KeyTable } from "./keys/key-table.ts";
import { startUseReports } from "./keys/report-uses.ts";
import { startLookups } from "./lookups/lookups.ts";
import { registerLookupMetrics } from "./lookups/metrics.ts";
import { createAdmissions } from "./operations/admission.ts";
import { publicOperations, publicStreams, SERVICES } from "./operations/catalog.ts";
import { createPolicy } from "./operations/policy.ts";
import { createRequestValidator } from "./operations/validate.ts";
import { startQuota } from "./quota/quota.ts";
import { createRateLimiter } from "./rate/rate-limiter.ts";
import { HANDLERS_MISTAKES, operationHandlers } from "./rpc/handlers.ts";
import { accessLogFor } from "./telemetry/access-log.ts";
import { createReadiness } from "./telemetry/readiness.ts";
import { createTelemetry } from "./telemetry/telemetry.ts";
import { registerUpstreamMetrics } from "./telemetry/upstream-metrics.ts";
import { openUpstreams } from "./upstreams.ts";
import { startPublisher } from "./usage/publisher.ts";
import { openSpool, type SpoolOptions } from "./usage/spool.ts";
import { ALONE, type WorkerPlace } from "./workers/worker-place.ts";
import type { Operated, WorkerSeat } from "./workers/worker-seat.ts";

/** Auth says every second that it is there. */
const AUTH_SILENT_MS = 5_000;
const RATE_ENTRIES_MAX = 1_000_000;
/** Fewer than keys: anyone may have many networks. */
const RATE_NETWORKS_MAX = 100_000;
const SEGMENT_BYTES = 4 * 1024 * 1024;

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  readonly opsPort: number;
  /** Says to balancers and clients that this gateway ends soon, and serves on. */
  leave(): void;
  close(): Promise<void>;
}

/** What tests replace, and what a supervisor gives. */
export interface GatewayOverrides {
  /** The place of this process among several workers; without one it is the only process of its gateway. */
  readonly seat?: WorkerSeat;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
  /** Ends the process, since usage cannot be written; what starts it again begins with what is on the disk. */
  readonly fail?: (cause: unknown) => void;
}

/**
 * Starts the gateway. It listens at once: until it has what a request needs, such as keys, that request gets 503, and
 * `/readyz` says what is missing.
 * Errors: CANNOT_LISTEN, DIRECTORY_IN_USE, SETTING_INVALID, USAGE_SPOOL_UNWRITABLE.
 */
export async function start(
  config: GatewayConfig,
  log: Log,
  { clock = SYSTEM_CLOCK, seat, fail = () => undefined }: GatewayOverrides = {},
): Promise<Gateway> {
  const closers = new Closers(log);
  const { worker, workers } = seat ?? ALONE;
  try {
    const metrics = createMetrics("gateway");
    const certificate = await openCertificate(config, { clock, log });
    if (certificate !== undefined) closers.add("certificate", certificate.close);
    const deps = { closers, metrics, clock, log, fail };
    const parts = await startParts(config, deps, { worker, workers });
    const { events, clients, table, keys, keyUses, spool, quota, lookups } = parts;
    const { authStalenessMaxMs: stalenessMaxMs } = config;
    const anonymousUse = anonymousUseOf(config, parts, log);
    registerMetrics(metrics, parts, anonymousUse);

    const operations = publicOperations(SERVICES);
    const streams = publicStreams(SERVICES);
    const limiter = createRateLimiter(
      { clock },
      { entriesMax: RATE_ENTRIES_MAX, networksMax: RATE_NETWORKS_MAX, workers },
    );
    const known = { table, beatAgeMs: keys.beatAgeMs, clock };
    const authenticate = createExchangeAuthentication({
      authenticate: createAuthenticator(known, { stalenessMaxMs }),
      anonymousUse,
      noteUse: keyUses.note,
    });
    const policy = createPolicy({
      handlers: operationHandlers(operations, { lookups, ...clients, keys: table }),
      limiter,
      admissions: createAdmissions({ limiter, quota, room: lookups.room }),
      validate: createRequestValidator(
        [...operations, ...streams].map(({ method }) => method.input),
        HANDLERS_MISTAKES,
      ),
      clock,
    });

    const readiness = createReadiness({
      operations,
      forAll: [() => keys.problems(stalenessMaxMs)],
      forMetered: [lookups, spool, quota, events].map((part) => () => part.problems()),
    });
    const output = standardOutput();
    const accessLog = accessLogFor(config.accessLog, { output, clock }, seat?.worker);
    const telemetry = createTelemetry({ metrics, clock, log, accessLog });
    closers.add("telemetry", () => telemetry.close());
    const { problems, isServing } = readiness;
    const connections = seat?.connections;
    const fronts = {
      operations,
      streams,
      authenticate,
      policy,
      isServing,
      telemetry,
      clock,
      connections,
      originsOfKeys: table,
    };
    const http = await startFronts({ ...fronts, certificate }, config);
    closers.add("http", () => http.close());
    const operated = { metrics, problems };
    const ops =
      seat?.startOperations(operated) ?? (await startOwnOperations(config, operated, log));
    closers.add("ops", () => ops.close());
    const leave = () => {
      readiness.leave();
      http.leave();
    };
    return { port: http.port, opsPort: ops.port, leave, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** What starting the parts works with. */
interface PartsDeps {
  readonly fail: (cause: unknown) => void;
  readonly closers: Closers;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Starts what requests need, from the upstreams to the lookups. */
async function startParts(
  config: GatewayConfig,
  { fail, closers, metrics, clock, log }: PartsDeps,
  { worker, workers }: WorkerPlace,
) {
  const events = await connectEvents({
    ...natsAccessOf(config),
    name: "gateway",
    metrics,
    clock,
    log,
  });
  closers.add("events", () => events.close());

  const calls = new ClientMetrics(metrics);
  const { geo, frames, auth, metering, leases, directory } = await openUpstreams(config, {
    closers,
    log,
    metrics: calls,
  });

  const spool = await openSpool({ clock, log, fail }, spoolOptions(config, { worker, workers }));
  closers.add("spool", () => spool.close());

  const table = new KeyTable();
  const { place, epoch } = spool;
  const { authStalenessMaxMs: stalenessMaxMs } = config;
  const self = { place, epoch, stalenessMaxMs };
  const acknowledge = acknowledgeBy(directory(), { closers, log }, self);
  const keys = startKeyFollower({ events, connect: directory, table, acknowledge, clock, log });
  closers.add("keys", () => keys.close());
  const keyUses = startUseReports({ directory: directory(), clock, log });
  closers.add("key uses", () => keyUses.close());

  // Closing goes the other way: what is left is published, then the epoch closes.
  const quota = startQuota({ leases, spool, clock, log }, { workers });
  closers.add("quota", () => quota.close());
  const publisher = startPublisher({
    ...{ spool, events, leases, metrics, clock, log },
    epochOpened: quota.epochOpened,
  });
  closers.add("publisher", () => publisher.close());

  const lookups = startLookups(
    { open: (options) => frames.lookupFrames(options), spool, clock, log },
    { streams: config.geoStreams, timeoutMs: config.upstreamTimeoutMs },
  );
  closers.add("usage", () => spool.flush());
  closers.add("lookups", () => lookups.close());
  const clients = { geo, auth, metering };
  return { events, calls, clients, table, keys, keyUses, spool, quota, lookups };
}

type Parts = Awaited<ReturnType<typeof startParts>>;

/** Undefined where the operator does not allow it. */
function anonymousUseOf(
  { anonymousPlan: planId, authStalenessMaxMs: stalenessMaxMs }: GatewayConfig,
  { table, keys: { beatAgeMs } }: Parts,
  log: Log,
): AnonymousUse | undefined {
  if (planId === "") return undefined;
  return createAnonymousUse({ table, beatAgeMs, log }, { planId, stalenessMaxMs });
}

function registerMetrics(
  metrics: Metrics,
  parts: Parts,
  anonymousUse: AnonymousUse | undefined,
): void {
  const { events, calls, table, keys, quota, lookups } = parts;
  registerLookupMetrics(metrics, lookups.counts);
  registerUpstreamMetrics(metrics, {
    upstreams: {
      geo: () => lookups.counts.streamsUp > 0,
      auth: () => keys.beatAgeMs() < AUTH_SILENT_MS,
      metering: () => calls.reached(LeaseService.typeName),
      nats: () => events.connected,
    },
    keysAgeMs: keys.beatAgeMs,
    keysCount: () => table.keysCount,
    isAnonymousUseOpen: anonymousUse?.isOpen,
    leased: quota.leased,
  });
}

function spoolOptions(config: GatewayConfig, place: WorkerPlace): SpoolOptions {
  const { dataDir: dir, usageFsync: fsync, spoolBytesMax: bytesMax } = config;
  return { dir, ...place, fsync, bytesMax, segmentBytes: SEGMENT_BYTES };
}

const startOwnOperations = ({ opsHost, opsPort }: GatewayConfig, operated: Operated, log: Log) =>
  startOpsServer({ host: opsHost, port: opsPort, log, ...operated });
