import { type Env, readSettings, setting } from "@geomesh/runtime/config";
import { NATS_SETTINGS } from "@geomesh/runtime/events/nats-settings";
import { tlsSettings } from "@geomesh/runtime/trust/settings";
import { AUDIT_ADDRESSES } from "./store/audit-address.ts";

/** Longest statement. It becomes a setting of the role, and so must be one for all that work by it. */
export const STATEMENT_TIMEOUT_MS = 5_000;

const DATABASE_URL = { protocols: ["postgres:", "postgresql:"] };

/** The settings of auth. docs/operations.md explains each. */
export const SETTINGS = {
  host: setting.text("AUTH_HOST", "127.0.0.1"),
  port: setting.port("AUTH_PORT", 50052),
  socketPath: setting.text("AUTH_SOCKET", ""),
  callersFile: setting.path("AUTH_CALLERS_FILE"),
  ...tlsSettings("AUTH"),
  opsPort: setting.port("AUTH_OPS_PORT", 50062),
  databaseUrl: setting.url("AUTH_DATABASE_URL", undefined, DATABASE_URL),
  ownerDatabaseUrl: setting.url("AUTH_OWNER_DATABASE_URL", "", DATABASE_URL),
  ...NATS_SETTINGS,
  bootstrapFile: setting.text("AUTH_BOOTSTRAP_FILE", ""),
  idempotencyKeyFile: setting.text("AUTH_IDEMPOTENCY_KEY_FILE", ""),
  adminKey: setting.secretText("AUTH_ADMIN_KEY", ""),
  adminKeyFile: setting.text("AUTH_ADMIN_KEY_FILE", ""),
  auditAddresses: setting.choice("AUTH_AUDIT_ADDRESSES", "shortened", AUDIT_ADDRESSES),
  auditRetentionDays: setting.integer("AUTH_AUDIT_RETENTION_DAYS", 400, { min: 30, max: 36_500 }),
  keyRetentionDays: setting.integer("AUTH_KEY_RETENTION_DAYS", 90, { min: 2, max: 36_500 }),
  logLevel: setting.choice("LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
};

/** The configuration of auth. */
export type AuthConfig = ReturnType<typeof readConfig>;

/** Reads the settings of auth; pure. Errors: ConfigError with every mistake at once. */
export function readConfig(env: Env) {
  return readSettings(env, SETTINGS);
}
