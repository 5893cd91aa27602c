import {
  ConfigError,
  type Env,
  readSettings,
  type Setting,
  setting,
} from "@geomesh/runtime/config";

/** Every port of the mesh, with the setting that names it. PostgreSQL's is not 5432, where a system's own often is. */
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

export const SERVICE_NAMES = ["geo", "auth", "metering", "gateway"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export type PortName = keyof typeof PORT_SETTINGS;
export const PORT_NAMES = Object.keys(PORT_SETTINGS) as PortName[];

export interface LauncherConfig {
  /** Absolute. */
  readonly dataDir: string;
  readonly gatewayHost: string;
  readonly ports: Readonly<Record<PortName, number>>;
  /** Stores that run elsewhere; where one is undefined the launcher runs it. */
  readonly natsUrl: string | undefined;
  readonly authDatabaseUrl: string | undefined;
  readonly meteringDatabaseUrl: string | undefined;
  /** What the processes get besides their place in the mesh. */
  readonly environment: Env;
}

const DATABASE_URL = { protocols: ["postgres:", "postgresql:"] };

/** The settings of the launcher. docs/operations.md explains each. */
export const SETTINGS = {
  dataDir: setting.path("DATA_DIR", ".data"),
  gatewayHost: setting.text("GATEWAY_HOST", "127.0.0.1"),
  natsUrl: setting.url("NATS_URL", "", { protocols: ["nats:", "tls:"] }),
  authDatabaseUrl: setting.url("AUTH_DATABASE_URL", "", DATABASE_URL),
  meteringDatabaseUrl: setting.url("METERING_DATABASE_URL", "", DATABASE_URL),
  ...portShape(),
};

/** Pure. Errors: ConfigError with every mistake at once. */
export function readLauncherConfig(env: Env): LauncherConfig {
  const settings = readSettings(env, SETTINGS);
  const ports = Object.fromEntries(PORT_NAMES.map((name) => [name, settings[name]]));
  refuseTwins(ports as Record<PortName, number>);
  return {
    dataDir: settings.dataDir,
    gatewayHost: settings.gatewayHost,
    ports: ports as Record<PortName, number>,
    natsUrl: settings.natsUrl || undefined,
    authDatabaseUrl: settings.authDatabaseUrl || undefined,
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

/** A database's address goes to the one process that owns it and to no other. */
function withoutOthersSecrets({ AUTH_DATABASE_URL, METERING_DATABASE_URL, ...rest }: Env): Env {
  return rest;
}
