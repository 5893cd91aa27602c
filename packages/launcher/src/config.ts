import {
  ConfigError,
  type Env,
  readSettings,
  type Setting,
  setting,
} from "@geomesh/runtime/config";

/** Every port of the mesh, with its setting. That of PostgreSQL is not 5432, which a PostgreSQL of the system often uses. */
export const PORT_SETTINGS = {
  gateway: { setting: "GATEWAY_PORT", fallback: 8080 },
  gatewayOps: { setting: "GATEWAY_OPS_PORT", fallback: 8081 },
  geo: { setting: "GEO_PORT", fallback: 50051 },
  geoOps: { setting: "GEO_OPS_PORT", fallback: 50061 },
  auth: { setting: "AUTH_PORT", fallback: 50052 },
  authOps: { setting: "AUTH_OPS_PORT", fallback: 50062 },
  metering: { setting: "METERING_PORT", fallback: 50053 },
  meteringOps: { setting: "METERING_OPS_PORT", fallback: 50063 },
  nats: { setting: "NATS_PORT", fallback: 4222 },
  postgres: { setting: "POSTGRES_PORT", fallback: 54320 },
} as const;

/** Our own processes. */
export const SERVICE_NAMES = ["geo", "auth", "metering", "gateway"] as const;
/** The name of one of our own processes. */
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** The name of a port in the configuration. */
export type PortName = keyof typeof PORT_SETTINGS;
/** The names of all ports. */
export const PORT_NAMES = Object.keys(PORT_SETTINGS) as PortName[];

/** The configuration of a mesh on one machine. */
export interface LauncherConfig {
  /** Absolute. */
  readonly dataDir: string;
  readonly gatewayHost: string;
  readonly ports: Readonly<Record<PortName, number>>;
  /** URLs of stores that run elsewhere; the launcher runs those that are undefined. */
  readonly natsUrl: string | undefined;
  readonly authDatabaseUrl: string | undefined;
  readonly authOwnerDatabaseUrl: string | undefined;
  readonly meteringDatabaseUrl: string | undefined;
  /** The environment that all processes get. */
  readonly environment: Env;
}

const DATABASE_URL = { protocols: ["postgres:", "postgresql:"] };

/** The settings of the launcher. docs/operations.md explains each. */
export const SETTINGS = {
  dataDir: setting.path("DATA_DIR", ".data"),
  gatewayHost: setting.text("GATEWAY_HOST", "127.0.0.1"),
  natsUrl: setting.url("NATS_URL", "", { protocols: ["nats:", "tls:"] }),
  authDatabaseUrl: setting.url("AUTH_DATABASE_URL", "", DATABASE_URL),
  authOwnerDatabaseUrl: setting.url("AUTH_OWNER_DATABASE_URL", "", DATABASE_URL),
  meteringDatabaseUrl: setting.url("METERING_DATABASE_URL", "", DATABASE_URL),
  ...portShape(),
};

/** Reads the configuration. Pure. Errors: ConfigError with every mistake at once. */
export function readLauncherConfig(env: Env): LauncherConfig {
  const settings = readSettings(env, SETTINGS);
  const ports = Object.fromEntries(PORT_NAMES.map((name) => [name, settings[name]]));
  refuseTwins(ports as Record<PortName, number>);
  if (settings.authOwnerDatabaseUrl && !settings.authDatabaseUrl) {
    throw new ConfigError([
      "AUTH_OWNER_DATABASE_URL needs AUTH_DATABASE_URL, of the same database",
    ]);
  }
  return {
    dataDir: settings.dataDir,
    gatewayHost: settings.gatewayHost,
    ports: ports as Record<PortName, number>,
    natsUrl: settings.natsUrl || undefined,
    authDatabaseUrl: settings.authDatabaseUrl || undefined,
    authOwnerDatabaseUrl: settings.authOwnerDatabaseUrl || undefined,
    meteringDatabaseUrl: settings.meteringDatabaseUrl || undefined,
    environment: withoutOthersSecrets(env),
  };
}

function portShape(): Record<PortName, Setting<number>> {
  const entries = PORT_NAMES.map((name) => {
    const port = PORT_SETTINGS[name];
    return [name, setting.port(port.setting, port.fallback, { min: 1 })];
  });
  return Object.fromEntries(entries);
}

function refuseTwins(ports: Record<PortName, number>): void {
  const settingsByPort = Map.groupBy(PORT_NAMES, (name) => ports[name]);
  const problems = [...settingsByPort]
    .filter(([, names]) => names.length > 1)
    .map(([port, names]) => {
      const settings = names.map((name) => PORT_SETTINGS[name].setting);
      return `${settings.join(" and ")} must differ, not all be ${port}`;
    });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** The URL of a database goes only to the process that works in it. */
function withoutOthersSecrets(env: Env): Env {
  const { AUTH_DATABASE_URL, AUTH_OWNER_DATABASE_URL, METERING_DATABASE_URL, ...rest } = env;
  return rest;
}
