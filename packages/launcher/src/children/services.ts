import { fileURLToPath } from "node:url";
import type { LauncherConfig, ServiceName } from "../config.ts";
import type { DataDir } from "../data-dir/data-dir.ts";
import type { Trust } from "../data-dir/trust.ts";
import type { Stores } from "../stores.ts";

/** One of our own processes: the file that Node runs, and the environment that makes it part of this mesh. */
export interface Service {
  readonly entry: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  readonly opsPort: number;
  readonly environment: Readonly<Record<string, string>>;
}

const entryOf = (path: string) =>
  fileURLToPath(new URL(`../../../../${path}/src/main.ts`, import.meta.url));

/** What our own processes share. */
export interface ServicesDeps {
  readonly dataDir: DataDir;
  readonly trust: Trust;
  readonly stores: Stores;
}

/**
 * Our own processes by name. They meet over sockets; their ports are for people. Each gets the tokens that it shows and the
 * hashes of those that it is shown.
 */
export function services(
  { ports, gatewayHost, natsUrl }: LauncherConfig,
  { dataDir, trust, stores }: ServicesDeps,
): Record<ServiceName, Service> {
  const addressOf = (name: "geo" | "auth" | "metering") => `unix:${trust.socketOf(name)}`;
  // A NATS elsewhere knows nothing of users and certificates that are made here.
  const natsOf = (name: ServiceName) => ({
    NATS_URL: stores.natsUrl,
    ...(natsUrl === undefined && {
      NATS_CA_FILE: trust.natsUsers.caFile,
      NATS_NKEY_SEED_FILE: trust.natsUsers.seedFileOf(name),
    }),
  });
  return {
    geo: {
      entry: entryOf("services/geo"),
      // Most of geo's memory is long-lived: a small young generation saves a quarter of it.
      nodeOptions: ["--max-semi-space-size=8"],
      opsPort: ports.geoOps,
      environment: {
        GEO_PORT: `${ports.geo}`,
        GEO_SOCKET: trust.socketOf("geo"),
        GEO_OPS_PORT: `${ports.geoOps}`,
        GEO_DATA_DIR: dataDir.in("geo"),
        ...natsOf("geo"),
      },
    },
    auth: {
      entry: entryOf("services/auth"),
      // What auth keeps of a million keys lies outside of V8's heap; what it reads them from is garbage at once.
      nodeOptions: ["--max-semi-space-size=8"],
      opsPort: ports.authOps,
      environment: {
        AUTH_PORT: `${ports.auth}`,
        AUTH_SOCKET: trust.socketOf("auth"),
        AUTH_CALLERS_FILE: trust.callersFileOf("auth"),
        AUTH_OPS_PORT: `${ports.authOps}`,
        AUTH_DATABASE_URL: stores.authDatabaseUrl,
        AUTH_OWNER_DATABASE_URL: stores.authOwnerDatabaseUrl,
        AUTH_BOOTSTRAP_FILE: dataDir.credentialsPath,
        AUTH_IDEMPOTENCY_KEY_FILE: dataDir.idempotencyKeyPath,
        ...natsOf("auth"),
      },
    },
    metering: {
      entry: entryOf("services/metering"),
      opsPort: ports.meteringOps,
      environment: {
        METERING_PORT: `${ports.metering}`,
        METERING_SOCKET: trust.socketOf("metering"),
        METERING_CALLERS_FILE: trust.callersFileOf("metering"),
        METERING_OPS_PORT: `${ports.meteringOps}`,
        METERING_DATABASE_URL: stores.meteringDatabaseUrl,
        AUTH_ADDRESS: addressOf("auth"),
        AUTH_TOKEN_FILE: trust.tokenFileOf("metering", "auth"),
        ...natsOf("metering"),
      },
    },
    gateway: {
      // Most of the gateway's memory lives for one turn: a large young generation saves a twentieth of its CPU.
      nodeOptions: ["--max-semi-space-size=32"],
      entry: entryOf("gateway"),
      opsPort: ports.gatewayOps,
      environment: {
        GATEWAY_HOST: gatewayHost,
        GATEWAY_PORT: `${ports.gateway}`,
        GATEWAY_OPS_PORT: `${ports.gatewayOps}`,
        GATEWAY_DATA_DIR: dataDir.in("gateway"),
        GEO_ADDRESS: addressOf("geo"),
        AUTH_ADDRESS: addressOf("auth"),
        AUTH_TOKEN_FILE: trust.tokenFileOf("gateway", "auth"),
        METERING_ADDRESS: addressOf("metering"),
        METERING_TOKEN_FILE: trust.tokenFileOf("gateway", "metering"),
        ...natsOf("gateway"),
      },
    },
  };
}
