import { type Env, readSettings, setting } from "@geomesh/runtime/config";
import { NATS_SETTINGS } from "@geomesh/runtime/events/nats-settings";
import { tlsSettings } from "@geomesh/runtime/trust/settings";

const HOUR_MS = 3_600_000;

/** The settings of metering. docs/operations.md explains each. */
export const SETTINGS = {
  host: setting.text("METERING_HOST", "127.0.0.1"),
  port: setting.port("METERING_PORT", 50053),
  socketPath: setting.text("METERING_SOCKET", ""),
  callersFile: setting.path("METERING_CALLERS_FILE"),
  ...tlsSettings("METERING"),
  opsPort: setting.port("METERING_OPS_PORT", 50063),
  databaseUrl: setting.url("METERING_DATABASE_URL", undefined, {
    protocols: ["postgres:", "postgresql:"],
  }),
  ...NATS_SETTINGS,
  authAddress: setting.text("AUTH_ADDRESS", "127.0.0.1:50052"),
  authTokenFile: setting.text("AUTH_TOKEN_FILE", ""),
  leaseLifetimeMs: setting.milliseconds("METERING_LEASE_LIFETIME_MS", 10_000, {
    min: 1_000,
    max: 600_000,
  }),
  streamAgeMsMax: setting.milliseconds("METERING_STREAM_AGE_MS_MAX", 168 * HOUR_MS, {
    min: HOUR_MS,
    max: 8_760 * HOUR_MS,
  }),
  streamBytesMax: setting.bytes("METERING_STREAM_BYTES_MAX", 2 ** 30, {
    min: 2 ** 20,
    max: 2 ** 40,
  }),
  logLevel: setting.choice("LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
};

/** The configuration of metering. */
export type MeteringConfig = ReturnType<typeof readConfig>;

/** Reads the settings of metering; pure. Errors: ConfigError with every mistake at once. */
export function readConfig(env: Env) {
  return readSettings(env, SETTINGS);
}
