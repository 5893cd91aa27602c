/** What the publisher of a dataset demands of its users. Empty texts where that is not known. */
export interface Credits {
  readonly license: string;
  readonly attribution: string;
}

/** The credits of a file whose publisher is not known. */
export const NO_CREDITS: Credits = { license: "", attribution: "" };

/** By the type that a file states. A publisher's paid databases have other licences than its free ones. */
const KNOWN: readonly (readonly [type: RegExp, credits: Credits])[] = [
  [
    /^GeoLite2-/i,
    {
      license: "GeoLite End User License Agreement, https://www.maxmind.com/en/geolite2/eula",
      attribution:
        "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com.",
    },
  ],
  [
    /^GeoIP2-/i,
    {
      license:
        "MaxMind End User License Agreement, https://www.maxmind.com/en/end-user-license-agreement",
      attribution: "",
    },
  ],
  [
    /^DBIP-.*Lite/i,
    {
      license: "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
      attribution: "IP Geolocation by DB-IP, https://db-ip.com",
    },
  ],
  [
    /^ipinfo\b.*lite/i,
    {
      license: "CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/",
      attribution: "IP address data powered by IPinfo, https://ipinfo.io",
    },
  ],
];

/** The credits of a dataset type such as `GeoLite2-City`. */
export function creditsOf(databaseType: string): Credits {
  return KNOWN.find(([type]) => type.test(databaseType))?.[1] ?? NO_CREDITS;
}
