import { AppError } from "@geomesh/runtime/errors";

/** How a download is packed. */
export type Packing = "plain" | "gzip" | "tar.gz";

/** Where a dataset file comes from. */
export interface UpdateSource {
  /** The name of the file in the datasets directory. */
  readonly name: string;
  readonly packing: Packing;
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
  /** Of http or https. */
  readonly updateUrls: readonly string[];
}

/** The sources that an operator configured. Errors: SETTING_INVALID for half of MaxMind's credentials. */
export function sourcesOf(settings: UpdateSettings): UpdateSource[] {
  const { maxmindAccountId: account, maxmindLicenseKey: key } = settings;
  if ((account === "") !== (key === "")) {
    const message = "GEO_MAXMIND_ACCOUNT_ID and GEO_MAXMIND_LICENSE_KEY must be set together";
    throw new AppError("SETTING_INVALID", { message });
  }
  const maxmind = account === "" ? [] : words(settings.maxmindEditions);
  return [
    ...maxmind.map((edition) => maxmindSource(edition, account, key)),
    ...words(settings.dbipEditions).map(dbipSource),
    ...settings.updateUrls.map(urlSource),
  ];
}

/** MaxMind's permanent link for an edition such as `GeoLite2-City`. Source: https://dev.maxmind.com/geoip/updating-databases */
function maxmindSource(edition: string, account: string, key: string): UpdateSource {
  const base = `https://download.maxmind.com/geoip/databases/${edition}/download?suffix=tar.gz`;
  const credentials = Buffer.from(`${account}:${key}`).toString("base64");
  return {
    name: `${edition}.mmdb`,
    packing: "tar.gz",
    headers: { authorization: `Basic ${credentials}` },
    url: () => base,
    digestUrl: () => `${base}.sha256`,
  };
}

/** DB-IP's monthly file of an edition such as `dbip-city-lite`. */
function dbipSource(edition: string): UpdateSource {
  return {
    name: `${edition}.mmdb`,
    packing: "gzip",
    headers: {},
    url(wallMs) {
      const month = new Date(wallMs).toISOString().slice(0, 7);
      return `https://download.db-ip.com/free/${edition}-${month}.mmdb.gz`;
    },
  };
}

function urlSource(text: string): UpdateSource {
  const file = new URL(text).pathname.split("/").at(-1) ?? "";
  const packing = /\.t(?:ar\.)?gz$/.test(file) ? "tar.gz" : file.endsWith(".gz") ? "gzip" : "plain";
  const bare = file.replace(/\.(?:tar\.gz|tgz|gz)$/, "");
  const name = /\.(?:mmdb|csv)$/.test(bare) ? bare : `${bare}.mmdb`;
  return { name, packing, headers: {}, url: () => text };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}
