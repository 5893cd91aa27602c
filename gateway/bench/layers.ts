import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { createLog, type Log } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { createExchangeAuthentication } from "../src/fronts/authentication.ts";
import { startFrontServer } from "../src/fronts/front-server.ts";
import { STREAM_PAUSE_MS_MAX } from "../src/fronts/owed.ts";
import { createRestFront } from "../src/fronts/rest/rest-front.ts";
import { createFail } from "../src/http/fail.ts";
import { createAuthenticator } from "../src/keys/authenticate.ts";
import { FRAMES_RPC } from "../src/lookups/frames-rpc.ts";
import { startLookups } from "../src/lookups/lookups.ts";
import { createAdmissions } from "../src/operations/admission.ts";
import { publicOperations, SERVICES } from "../src/operations/catalog.ts";
import { createPolicy, type Policy } from "../src/operations/policy.ts";
import { createRequestValidator } from "../src/operations/validate.ts";
import { startQuota } from "../src/quota/quota.ts";
import { MeteringModel } from "../src/quota/testing/metering.ts";
import { createRateLimiter } from "../src/rate/rate-limiter.ts";
import { getLocation } from "../src/rpc/get-location.ts";
import { createTelemetry } from "../src/telemetry/telemetry.ts";
import { openSpool, type Spool } from "../src/usage/spool.ts";
import {
  constantLookups,
  constantPolicy,
  endlessQuota,
  forgetfulSpool,
  tableOf,
} from "./stand-ins.ts";

/** The layers of a lookup from the outside in. Each has all before it. */
export const LAYERS = ["routing", "key", "rate", "quota", "geo", "spool", "fsync"] as const;

/** The name of a layer. */
export type Layer = (typeof LAYERS)[number];

/** True for the name of a layer. */
export const isLayer = (text: string): text is Layer =>
  (LAYERS as readonly string[]).includes(text);

/** Where a gateway of some layers gets what it needs. */
export interface LayersOptions {
  readonly layer: Layer;
  /** The one key that it accepts. */
  readonly secret: string;
  readonly geoAddress: string;
  /** Of the spool. */
  readonly dataDir: string;
}

const QUOTA_UNITS = 1_000_000_000_000n;
const RATE_ENTRIES_MAX = 1_000_000;
const SEGMENT_BYTES = 4 * 1024 * 1024;
const SPOOL_BYTES_MAX = 2 ** 30;
const TIMEOUT_MS = 2_000;
const STALENESS_MS_MAX = 60_000;
const clock = SYSTEM_CLOCK;

/** Starts the gateway with its real parts up to a layer, and stand-ins for those below. Its usage stays in the spool. */
export async function startLayers(options: LayersOptions): Promise<{ readonly port: number }> {
  const has = (layer: Layer) => LAYERS.indexOf(layer) <= LAYERS.indexOf(options.layer);
  const log = createLog({ service: "layers", level: "warn" });
  const { table, principal } = tableOf(options.secret);
  const known = { table, beatAgeMs: () => 0, clock };
  const checked = createExchangeAuthentication({
    authenticate: createAuthenticator(known, { stalenessMaxMs: STALENESS_MS_MAX }),
  });
  const authenticate = has("key") ? checked : () => principal;
  const policy = has("rate") ? await realPolicy(has, options, log) : constantPolicy();
  const telemetry = createTelemetry({ metrics: createMetrics("layers"), clock, log });
  const { meters, failures } = telemetry;
  const fail = createFail(failures);
  const operations = publicOperations(SERVICES);
  const fronts = [
    createRestFront({
      ...{ operations, streams: [], authenticate, policy, fail, failures, meters, clock },
      pauseMsMax: STREAM_PAUSE_MS_MAX,
    }),
  ];
  return startFrontServer(
    { fronts, fail, telemetry, clock },
    { host: "127.0.0.1", port: 0, trustedProxies: [] },
  );
}

async function realPolicy(
  has: (layer: Layer) => boolean,
  { geoAddress, dataDir }: LayersOptions,
  log: Log,
): Promise<Policy> {
  const spool = has("spool") ? await realSpool(dataDir, has("fsync"), log) : forgetfulSpool();
  const quota = has("quota")
    ? startQuota({
        leases: new MeteringModel(QUOTA_UNITS).client,
        spool: {
          gatewayId: "gw_bench",
          epoch: 1n,
          place: Buffer.alloc(32),
          lastSequence: 0,
          durableSequence: 0,
        },
        clock,
        log,
      })
    : endlessQuota(clock);
  const frames = createTsProtoClient(FRAMES_RPC, { address: geoAddress, deadlineMs: TIMEOUT_MS });
  const lookups = has("geo")
    ? startLookups(
        { open: () => frames.lookupFrames(), spool, clock, log },
        { streams: 1, timeoutMs: TIMEOUT_MS },
      )
    : constantLookups(spool, clock);
  const limiter = createRateLimiter({ clock }, { entriesMax: RATE_ENTRIES_MAX });
  const { getLocation: method } = GeoService.method;
  return createPolicy({
    handlers: {
      free: new Map(),
      csv: new Map(),
      metered: new Map([[method, getLocation(lookups)]]),
      streams: new Map(),
    },
    limiter,
    admissions: createAdmissions({ limiter, quota, room: lookups.room }),
    validate: createRequestValidator([method.input]),
    clock,
  });
}

function realSpool(dir: string, fsync: boolean, log: Log): Promise<Spool> {
  return openSpool(
    { clock, log },
    {
      ...{ dir, worker: 1, workers: 1, fsync },
      ...{ segmentBytes: SEGMENT_BYTES, bytesMax: SPOOL_BYTES_MAX },
    },
  );
}
