import { type Env, readSettings, setting } from "@geomesh/runtime/config";

/** What auth is told by its environment; the table in README.md explains each setting. */
export type AuthConfig = ReturnType<typeof readConfig>;

/** Reads the settings of auth. Throws ConfigError that names every mistake at once. */
export function readConfig(env: Env) {
  return readSettings(env, {
    host: setting.text("AUTH_HOST", "127.0.0.1"),
    port: setting.port("AUTH_PORT", 50052),
    opsPort: setting.port("AUTH_OPS_PORT", 50062),
    databaseUrl: setting.url("AUTH_DATABASE_URL", undefined, {
      protocols: ["postgres:", "postgresql:"],
    }),
    natsUrl: setting.url("NATS_URL", "nats://127.0.0.1:4222", { protocols: ["nats:", "tls:"] }),
    bootstrapFile: setting.text("AUTH_BOOTSTRAP_FILE", ""),
    logLevel: setting.choice("LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
  });
}
