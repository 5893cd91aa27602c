import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { connectEvents } from "@geomesh/runtime/events/bus";
import { createEsClient, createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { Closers } from "@geomesh/runtime/lifecycle";
import type { Log } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import type { GatewayConfig } from "./config.ts";
import { createConnectFront } from "./fronts/connect/connect-front.ts";
import { createFlagFront } from "./fronts/files/flag-front.ts";
import { startFrontServer } from "./fronts/front-server.ts";
import { createRestFront } from "./fronts/rest/rest-front.ts";
import { createFail } from "./http/fail.ts";
import { createAuthenticator } from "./keys/authenticate.ts";
import { startKeyFollower } from "./keys/key-follower.ts";
import { KeyTable } from "./keys/key-table.ts";
import { framesRpc } from "./lookups/frames-rpc.ts";
import { Locator } from "./lookups/locator.ts";
import { publicOperations, SERVICES } from "./operations/catalog.ts";
import { createMeter } from "./operations/meter.ts";
import { createPolicy } from "./operations/policy.ts";
import { createRequestValidator } from "./operations/validate.ts";
import { createQuota } from "./quota/quota.ts";
import { createRateLimiter } from "./rate/rate-limiter.ts";
import { operationHandlers } from "./rpc/handlers.ts";
import { startPublisher } from "./usage/publisher.ts";
import { openSpool } from "./usage/spool.ts";

const RATE_ENTRIES_MAX = 1_000_000;
const SEGMENT_BYTES = 4 * 1024 * 1024;

export interface Gateway {
  readonly port: number;
  readonly opsPort: number;
  close(): Promise<void>;
}

/** Starts the gateway. It answers at once; what it lacks, such as keys, it says in `/readyz` and by 503. */
export async function start(config: GatewayConfig, log: Log): Promise<Gateway> {
  const closers = new Closers(log);
  const now = () => Date.now();
  const monotonicNow = () => performance.now();
  try {
    const metrics = createMetrics("gateway");
    const events = await connectEvents({ url: config.natsUrl, name: "gateway", log });
    closers.add("events", () => events.close());

    const deadlineMs = config.upstreamTimeoutMs;
    const geo = createEsClient(GeoService, { address: config.geoAddress, deadlineMs });
    closers.add("geo", () => geo.close());
    const frames = createTsProtoClient(framesRpc, { address: config.geoAddress, deadlineMs });
    closers.add("frames", () => frames.close());
    const auth = createEsClient(AuthService, { address: config.authAddress, deadlineMs });
    closers.add("auth", () => auth.close());
    const metering = createEsClient(MeteringService, {
      address: config.meteringAddress,
      deadlineMs,
    });
    closers.add("metering", () => metering.close());

    const table = new KeyTable();
    const keys = startKeyFollower({ events, auth, table, clock: SYSTEM_CLOCK, log });
    closers.add("keys", () => keys.close());

    const spool = await openSpool({
      dir: config.dataDir,
      fsync: config.usageFsync,
      segmentBytes: SEGMENT_BYTES,
      bytesMax: config.spoolBytesMax,
      log,
    });
    closers.add("spool", () => spool.close());
    const publisher = startPublisher({ spool, events, metering, metrics, log });
    closers.add("publisher", () => publisher.close());
    const quota = createQuota({ metering, spool, now, monotonicNow, log });
    closers.add("quota", () => quota.close());

    const locator = new Locator({
      open: () => frames.lookupFrames(),
      streams: config.geoStreams,
      timeoutMs: config.upstreamTimeoutMs,
      log,
    });
    closers.add("locator", () => locator.close());

    const operations = publicOperations(SERVICES);
    const rates = createRateLimiter({ now: monotonicNow, entriesMax: RATE_ENTRIES_MAX });
    const policy = createPolicy({
      authenticate: createAuthenticator({
        table,
        beatAgeMs: keys.beatAgeMs,
        stalenessMaxMs: config.authStalenessMaxMs,
        now,
      }),
      handlers: operationHandlers(operations, { locator, geo, auth, metering }),
      rates,
      meter: createMeter({ rates, quota, spool, now }),
      validate: createRequestValidator(operations.map(({ method }) => method.input)),
      now,
    });

    const problems = () => keys.problems();
    const fail = createFail(log);
    const descriptors = descriptorSetBytes();
    const fronts = [
      createRestFront({ operations, policy, fail }),
      createConnectFront({ operations, policy, descriptors, problems, log }),
      createFlagFront({ fail }),
    ];
    const { host, port, trustedProxies } = config;
    const http = await startFrontServer(
      { fronts, fail, clock: SYSTEM_CLOCK },
      { host, port, trustedProxies },
    );
    closers.add("http", () => http.close());
    const ops = await startOpsServer({
      host: config.opsHost,
      port: config.opsPort,
      metrics,
      problems,
    });
    closers.add("ops", () => ops.close());
    return { port: http.port, opsPort: ops.port, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}
