import { fileURLToPath } from "node:url";
import type { LauncherConfig, ServiceName } from "../config.ts";
import type { DataDir } from "../data-dir/data-dir.ts";
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

/** Our own processes by name. */
export function services(
  { ports, gatewayHost }: LauncherConfig,
  dataDir: DataDir,
  stores: Stores,
): Record<ServiceName, Service> {
  const [geo, auth, metering] = [ports.geo, ports.auth, ports.metering].map(
    (port) => `127.0.0.1:${port}`,
  ) as [string, string, string];
  return {
    geo: {
      entry: entryOf("services/geo"),
      // Most of geo's memory is long-lived: a small young generation saves a quarter of it.
      nodeOptions: ["--max-semi-space-size=8"],
      opsPort: ports.geoOps,
      environment: {
        GEO_PORT: `${ports.geo}`,
        GEO_OPS_PORT: `${ports.geoOps}`,
        GEO_DATA_DIR: dataDir.in("geo"),
        NATS_URL: stores.natsUrl,
      },
    },
    auth: {
      entry: entryOf("services/auth"),
      opsPort: ports.authOps,
      environment: {
        AUTH_PORT: `${ports.auth}`,
        AUTH_OPS_PORT: `${ports.authOps}`,
        AUTH_DATABASE_URL: stores.authDatabaseUrl,
        AUTH_BOOTSTRAP_FILE: dataDir.credentialsPath,
        NATS_URL: stores.natsUrl,
      },
    },
    metering: {
      entry: entryOf("services/metering"),
      opsPort: ports.meteringOps,
      environment: {
        METERING_PORT: `${ports.metering}`,
        METERING_OPS_PORT: `${ports.meteringOps}`,
        METERING_DATABASE_URL: stores.meteringDatabaseUrl,
        AUTH_ADDRESS: auth,
        NATS_URL: stores.natsUrl,
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
        GEO_ADDRESS: geo,
        AUTH_ADDRESS: auth,
        METERING_ADDRESS: metering,
        NATS_URL: stores.natsUrl,
      },
    },
  };
}
