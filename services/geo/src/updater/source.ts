import { AppError } from "@geomesh/runtime/errors";
import { fileOfUrl } from "../update-url.ts";

/** Where a dataset file comes from. */
export interface UpdateSource {
  /** The name of the file in the datasets directory. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The URL at a time, in milliseconds of Unix time: some publishers put the month into it. */
  readonly url: (wallMs: number) => string;
  /** The URL of a text that starts with the SHA-256 of the download in hexadecimal. */
  readonly digestUrl?: (wallMs: number) => string;
}

/** The settings that sources are made of. */
export interface UpdateSettings {
  readonly maxmindAccountId: string;
  readonly maxmindLicenseKey: string;
  readonly maxmindEditions: string;
  readonly dbipEditions: string;
  /** Of http or https, and with the name of a file at the end of their path. */
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
    ...settings.updateUrls.map(urlSource),
  ];
  const names = sources.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return sources;
  throw new AppError("SETTING_INVALID", { message: `two update sources make the file ${twice}` });
}

/** MaxMind's permanent link for an edition such as `GeoLite2-City`. Source: https://dev.maxmind.com/geoip/updating-databases */
function maxmindSource(edition: string, account: string, key: string): UpdateSource {
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
function dbipSource(edition: string): UpdateSource {
  return {
    name: `${edition}.mmdb`,
    headers: {},
    url(wallMs) {
      const month = new Date(wallMs).toISOString().slice(0, 7);
      return `https://download.db-ip.com/free/${edition}-${month}.mmdb.gz`;
    },
  };
}

/** Credentials in a URL are sent as Basic (RFC 7617) and stand nowhere else: not in what is requested, logged or shown. */
function urlSource(text: string): UpdateSource {
  const url = new URL(text);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
  const isOpen = username === "" && password === "";
  return {
    name: fileOfUrl(url) ?? "",
    headers: isOpen ? {} : { authorization: `Basic ${credentials}` },
    url: () => url.href,
  };
}

/** A part of a URL without its percent-encoding; as it stands if that is malformed. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}
