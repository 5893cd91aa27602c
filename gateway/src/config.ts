import { ConfigError, type Env, readSettings, setting } from "@geomesh/runtime/config";
import { NATS_SETTINGS } from "@geomesh/runtime/events/nats-settings";
import { tlsSettings } from "@geomesh/runtime/trust/settings";
import { AUTH_STALENESS_MS_MAX } from "@geomesh/terms/limits";
import { compatHostProblem } from "./fronts/compat/hosts.ts";
import { addressHeaderProblem, cidrProblem } from "./http/client-address.ts";
import { ANY_ORIGIN, originProblem } from "./http/cors.ts";

/** As the contract of plans has it. */
const PLAN_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Most workers of one gateway. */
export const WORKERS_MAX = 64;

/** The settings of the gateway; docs/operations.md explains each. */
export const SETTINGS = {
  host: setting.text("GATEWAY_HOST", "127.0.0.1"),
  port: setting.port("GATEWAY_PORT", 8080),
  httpsPort: setting.port("GATEWAY_HTTPS_PORT", 8443),
  httpsCertFile: setting.text("GATEWAY_HTTPS_CERT_FILE", ""),
  httpsKeyFile: setting.text("GATEWAY_HTTPS_KEY_FILE", ""),
  opsHost: setting.text("GATEWAY_OPS_HOST", "127.0.0.1"),
  opsPort: setting.port("GATEWAY_OPS_PORT", 8081),
  workers: setting.integerOr("GATEWAY_WORKERS", "auto", 1, { min: 1, max: WORKERS_MAX }),
  dataDir: setting.path("GATEWAY_DATA_DIR", ".data/gateway"),
  ...NATS_SETTINGS,
  geoAddress: setting.text("GEO_ADDRESS", "127.0.0.1:50051"),
  geoStreams: setting.integer("GEO_STREAMS", 1, { min: 1, max: 64 }),
  authAddress: setting.text("AUTH_ADDRESS", "127.0.0.1:50052"),
  authTokenFile: setting.text("AUTH_TOKEN_FILE", ""),
  meteringAddress: setting.text("METERING_ADDRESS", "127.0.0.1:50053"),
  meteringTokenFile: setting.text("METERING_TOKEN_FILE", ""),
  ...tlsSettings("GATEWAY"),
  upstreamTimeoutMs: setting.milliseconds("UPSTREAM_TIMEOUT_MS", 2_000, { min: 50, max: 30_000 }),
  authStalenessMaxMs: setting.milliseconds("AUTH_STALENESS_MAX_MS", AUTH_STALENESS_MS_MAX, {
    min: 5_000,
    max: 3_600_000,
  }),
  lameDuckMs: setting.milliseconds("GATEWAY_LAME_DUCK_MS", 7_000, { min: 0, max: 600_000 }),
  usageFsync: setting.flag("USAGE_FSYNC", true),
  spoolBytesMax: setting.bytes("USAGE_SPOOL_BYTES_MAX", 2 ** 30, {
    min: 2 ** 24,
    max: 2 ** 40,
  }),
  trustedProxies: setting.list("TRUSTED_PROXIES", { what: "CIDRs", problem: cidrProblem }),
  clientAddressHeader: setting.text("CLIENT_ADDRESS_HEADER", "", {
    bounds: "a header",
    problem: addressHeaderProblem,
  }),
  anonymousPlan: setting.text("ANONYMOUS_PLAN", "", { bounds: "a plan", problem: planIdProblem }),
  corsAllowedOrigins: setting.list("CORS_ALLOWED_ORIGINS", {
    what: "origins",
    problem: originProblem,
  }),
  compatHosts: setting.list("COMPAT_HOSTS", {
    what: "façades at hosts",
    problem: compatHostProblem,
  }),
  serverTiming: setting.flag("SERVER_TIMING", false),
  accessLog: setting.choice("GATEWAY_ACCESS_LOG", "off", ["off", "on", "with_client_address"]),
  logLevel: setting.choice("LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
};

/** The settings of the gateway, read and checked. */
export type GatewayConfig = ReturnType<typeof readConfig>;

/** Reads the configuration from the environment and nothing else. Errors: ConfigError with every mistake at once. */
export function readConfig(env: Env) {
  const config = readSettings(env, SETTINGS);
  const { clientAddressHeader, trustedProxies, corsAllowedOrigins: origins } = config;
  const problems: string[] = [];
  if (clientAddressHeader !== "" && trustedProxies.length === 0) {
    problems.push("CLIENT_ADDRESS_HEADER needs TRUSTED_PROXIES, which alone may name the client");
  }
  if (origins.includes(ANY_ORIGIN) && origins.length > 1) {
    problems.push("CORS_ALLOWED_ORIGINS must list origins or be *, not both");
  }
  problems.push(...httpsProblems(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function planIdProblem(text: string): string | undefined {
  return PLAN_ID.test(text) ? undefined : `must be the id of a plan, not "${text}"`;
}

interface HttpsSettings {
  readonly port: number;
  readonly httpsPort: number;
  readonly httpsCertFile: string;
  readonly httpsKeyFile: string;
}

/** True where the gateway speaks TLS to its clients too. */
export function hasHttps({ httpsCertFile }: HttpsSettings): boolean {
  return httpsCertFile !== "";
}

function httpsProblems(config: HttpsSettings): string[] {
  const { port, httpsPort, httpsCertFile, httpsKeyFile } = config;
  if (httpsCertFile !== "" && httpsKeyFile === "") {
    return [
      "GATEWAY_HTTPS_CERT_FILE needs GATEWAY_HTTPS_KEY_FILE, which holds the key of the certificate",
    ];
  }
  if (httpsCertFile === "" && httpsKeyFile !== "") {
    return [
      "GATEWAY_HTTPS_KEY_FILE needs GATEWAY_HTTPS_CERT_FILE, which holds the certificate of the key",
    ];
  }
  if (hasHttps(config) && httpsPort === port && port !== 0) {
    return ["GATEWAY_HTTPS_PORT must not be GATEWAY_PORT, which stays for cleartext"];
  }
  return [];
}
