import { AppError } from "@geomesh/runtime/errors";

/** How a download is packed. */
export type Packing = "plain" | "gzip" | "tar.gz";

/** Where a dataset file comes from. */
export interface UpdateSource {
  /** The name of the file in the datasets directory. */
  readonly name: string;
  readonly packing: Packing;
  readonly headers: Readonly<Record<string, string>>;
  /** The URL at a moment: some publishers put the month into it. */
  readonly url: (now: Date) => string;
  /** The URL of a text that starts with the SHA-256 of the download in hexadecimal. */
  readonly digestUrl?: (now: Date) => string;
}

/** The settings that sources are made of. */
export interface UpdateSettings {
  readonly maxmindAccountId: string;
  readonly maxmindLicenseKey: string;
  readonly maxmindEditions: string;
  readonly dbipEditions: string;
  readonly updateUrls: string;
}

/** The sources that an operator configured. Errors: SETTING_INVALID. */
export function sourcesOf(settings: UpdateSettings): UpdateSource[] {
  const { maxmindAccountId: account, maxmindLicenseKey: key } = settings;
  if ((account === "") !== (key === "")) {
    throw settingInvalid("GEO_MAXMIND_ACCOUNT_ID and GEO_MAXMIND_LICENSE_KEY must be set together");
  }
  const maxmind = account === "" ? [] : words(settings.maxmindEditions);
  return [
    ...maxmind.map((edition) => maxmindSource(edition, account, key)),
    ...words(settings.dbipEditions).map(dbipSource),
    ...words(settings.updateUrls).map(urlSource),
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
    url: (now) =>
      `https://download.db-ip.com/free/${edition}-${now.toISOString().slice(0, 7)}.mmdb.gz`,
  };
}

function urlSource(text: string): UpdateSource {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw settingInvalid(`GEO_UPDATE_URLS has ${text}, which is not an http or https URL`);
  }
  const file = url.pathname.split("/").at(-1) ?? "";
  const packing = /\.t(?:ar\.)?gz$/.test(file) ? "tar.gz" : file.endsWith(".gz") ? "gzip" : "plain";
  const bare = file.replace(/\.(?:tar\.gz|tgz|gz)$/, "");
  const name = /\.(?:mmdb|csv)$/.test(bare) ? bare : `${bare}.mmdb`;
  return { name, packing, headers: {}, url: () => text };
}

function settingInvalid(message: string): AppError {
  return new AppError("SETTING_INVALID", { message });
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}
