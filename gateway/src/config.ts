import { type Env, readSettings, type Setting, setting } from "@geomesh/runtime/config";
import { cidrProblem } from "./http/client-address.ts";

/** The gateway's settings. Errors: ConfigError with every mistake. */
export function readConfig(env: Env) {
  return readSettings(env, {
    host: setting.text("GATEWAY_HOST", "127.0.0.1"),
    port: setting.port("GATEWAY_PORT", 8080),
    opsHost: setting.text("GATEWAY_OPS_HOST", "127.0.0.1"),
    opsPort: setting.port("GATEWAY_OPS_PORT", 8081),
    dataDir: setting.path("GATEWAY_DATA_DIR", ".data/gateway"),
    natsUrl: setting.url("NATS_URL", "nats://127.0.0.1:4222", { protocols: ["nats:", "tls:"] }),
    geoAddress: setting.text("GEO_ADDRESS", "127.0.0.1:50051"),
    geoStreams: setting.integer("GEO_STREAMS", 1, { min: 1, max: 64 }),
    authAddress: setting.text("AUTH_ADDRESS", "127.0.0.1:50052"),
    meteringAddress: setting.text("METERING_ADDRESS", "127.0.0.1:50053"),
    upstreamTimeoutMs: setting.milliseconds("UPSTREAM_TIMEOUT", 2_000, { min: 50, max: 30_000 }),
    authStalenessMaxMs: setting.milliseconds("AUTH_STALENESS_MAX", 60_000, {
      min: 5_000,
      max: 3_600_000,
    }),
    usageFsync: setting.flag("USAGE_FSYNC", true),
    spoolBytesMax: setting.integer("USAGE_SPOOL_BYTES_MAX", 2 ** 30, {
      min: 2 ** 24,
      max: 2 ** 40,
    }),
    trustedProxies: cidrs("TRUSTED_PROXIES"),
    logLevel: setting.choice("LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
  });
}

export type GatewayConfig = ReturnType<typeof readConfig>;

/** CIDRs between commas; none by default. */
function cidrs(name: string): Setting<readonly string[]> {
  return {
    name,
    isSecret: false,
    read(text = "") {
      const list = text.split(",").map((each) => each.trim());
      const given = list.filter((each) => each !== "");
      const problem = given.map(cidrProblem).find((each) => each !== undefined);
      if (problem !== undefined) throw new Error(`must list CIDRs between commas: ${problem}`);
      return given;
    },
  };
}
