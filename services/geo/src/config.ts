import { type Env, readSettings, setting } from "@geomesh/runtime/config";
import { NATS_SETTINGS } from "@geomesh/runtime/events/nats-settings";
import { tlsSettings } from "@geomesh/runtime/trust/settings";
import { SYSTEM_SOURCES_MAX } from "./asn/system-sources.ts";
import { PACKAGE_SCHEME, parsePackage } from "./npm/package-spec.ts";
import { publicUrlOf } from "./public-url.ts";
import { fileOfUrl } from "./update-url.ts";

/** The settings of geo. docs/operations.md explains each. */
export const SETTINGS = {
  host: setting.text("GEO_HOST", "127.0.0.1"),
  port: setting.port("GEO_PORT", 50051),
  socketPath: setting.text("GEO_SOCKET", ""),
  ...tlsSettings("GEO"),
  opsPort: setting.port("GEO_OPS_PORT", 50061),
  dataDir: setting.path("GEO_DATA_DIR", ".data/geo"),
  datasetsDir: setting.text("GEO_DATASETS_DIR", ""),
  asnSources: setting.list("GEO_ASN_SOURCES", {
    what: "dataset files",
    problem: asnSourceProblem,
  }),
  overridesFile: setting.text("GEO_OVERRIDES_FILE", ""),
  securityDir: setting.text("GEO_SECURITY_DIR", ""),
  publicUrl: setting.text("PUBLIC_URL", "", {
    bounds: "an http(s) URL",
    problem: publicUrlProblem,
  }),
  pollMs: setting.milliseconds("GEO_POLL_MS", 2_000, { min: 50, max: 3_600_000 }),
  maxmindAccountId: setting.text("GEO_MAXMIND_ACCOUNT_ID", ""),
  maxmindLicenseKey: setting.secretText("GEO_MAXMIND_LICENSE_KEY", ""),
  maxmindEditions: setting.text("GEO_MAXMIND_EDITIONS", "GeoLite2-City,GeoLite2-ASN"),
  dbipEditions: setting.text("GEO_DBIP_EDITIONS", ""),
  ipLocationDbEditions: setting.text("GEO_IP_LOCATION_DB_EDITIONS", ""),
  // A publisher may put a token into the URL.
  updateUrls: setting.list("GEO_UPDATE_URLS", {
    what: "http(s) URLs and `npm:` packages",
    problem: updateUrlProblem,
    isSecret: true,
  }),
  updateListsFile: setting.text("GEO_UPDATE_LISTS_FILE", ""),
  updateDefaults: setting.flag("GEO_UPDATE_DEFAULTS", false),
  updateIntervalHours: setting.integer("GEO_UPDATE_INTERVAL_HOURS", 24, { min: 6, max: 720 }),
  ...NATS_SETTINGS,
  logLevel: setting.choice("LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
};

/** The settings of geo, read and checked. */
export type GeoConfig = ReturnType<typeof readConfig>;

/** Pure. Errors: ConfigError with every mistake at once. */
export function readConfig(env: Env) {
  // npm's configuration may refer to any variable.
  return Object.assign(readSettings(env, SETTINGS), { npmEnv: env });
}

function publicUrlProblem(text: string): string | undefined {
  if (publicUrlOf(text) !== undefined) return undefined;
  return "must be an http(s) URL without credentials, query and fragment, of at most 256 characters";
}

function updateUrlProblem(text: string, place: number): string | undefined {
  if (text.startsWith(PACKAGE_SCHEME)) {
    const isPackage = parsePackage(text) !== undefined;
    return isPackage
      ? undefined
      : `entry ${place} is no package as npm:<name>[@<version>][/<file>]`;
  }
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return `entry ${place} is not one`;
  return fileOfUrl(url) === undefined
    ? `entry ${place} does not end with the name of a file`
    : undefined;
}

function asnSourceProblem(text: string, place: number): string | undefined {
  if (place > SYSTEM_SOURCES_MAX) return `there are more than ${SYSTEM_SOURCES_MAX}`;
  return /^[^./\\][^/\\]*\.(?:mmdb|csv)$/.test(text)
    ? undefined
    : `"${text}" is not the name of an .mmdb or .csv file`;
}
