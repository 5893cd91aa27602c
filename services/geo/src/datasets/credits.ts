/** What the publisher of a dataset demands of its users. Empty texts for an unknown publisher. */
export interface Credits {
  readonly license: string;
  readonly attribution: string;
}

const KNOWN: readonly [typePrefix: string, credits: Credits][] = [
  [
    "GeoLite2-",
    {
      license: "GeoLite End User License Agreement, https://www.maxmind.com/en/geolite2/eula",
      attribution:
        "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com.",
    },
  ],
  [
    "GeoIP2-",
    {
      license:
        "MaxMind End User License Agreement, https://www.maxmind.com/en/end-user-license-agreement",
      attribution: "",
    },
  ],
  [
    "DBIP-",
    {
      license: "CC BY 4.0 for the Lite databases, https://creativecommons.org/licenses/by/4.0/",
      attribution: "IP Geolocation by DB-IP, https://db-ip.com",
    },
  ],
  [
    "ASN-CSV",
    {
      license:
        "CC BY 4.0 for the files of @ip-location-db/asn, https://creativecommons.org/licenses/by/4.0/",
      attribution:
        "IP Geolocation by DB-IP, https://db-ip.com; with data of Route Views, https://www.routeviews.org, and the NRO, https://www.nro.net",
    },
  ],
  [
    "ipinfo",
    {
      license:
        "CC BY-SA 4.0 for the Lite databases, https://creativecommons.org/licenses/by-sa/4.0/",
      attribution: "IP address data powered by IPinfo, https://ipinfo.io",
    },
  ],
];

const UNKNOWN: Credits = { license: "", attribution: "" };

/** The credits of a dataset type such as `GeoLite2-City`; the first known prefix decides, in any case of letters. */
export function creditsOf(databaseType: string): Credits {
  const type = databaseType.toLowerCase();
  return KNOWN.find(([prefix]) => type.startsWith(prefix.toLowerCase()))?.[1] ?? UNKNOWN;
}
