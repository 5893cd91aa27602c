import { type MmdbValue, mmdb } from "./mmdb-values.ts";

/** Records with the schema of each publisher. */
export const RECORDS = {
  /** MaxMind's City and Enterprise, and DB-IP's City Lite. */
  city: {
    city: { geoname_id: 2643743, names: { de: "London", en: "London", fr: "Londres" } },
    continent: { code: "EU", geoname_id: 6255148, names: { de: "Europa", en: "Europe" } },
    country: {
      geoname_id: 2635167,
      is_in_european_union: false,
      iso_code: "GB",
      names: { de: "Vereinigtes Königreich", en: "United Kingdom" },
    },
    location: {
      accuracy_radius: mmdb.uint16(10),
      latitude: mmdb.double(51.5142),
      longitude: mmdb.double(-0.0931),
      time_zone: "Europe/London",
    },
    postal: { code: "EC2V" },
    registered_country: { geoname_id: 6252001, iso_code: "US", names: { en: "United States" } },
    subdivisions: [{ geoname_id: 6269131, iso_code: "ENG", names: { en: "England" } }],
  },
  country: {
    continent: { code: "EU", geoname_id: 6255148, names: { en: "Europe" } },
    country: {
      geoname_id: 2921044,
      is_in_european_union: true,
      iso_code: "DE",
      names: { en: "Germany" },
    },
  },
  asn: {
    autonomous_system_number: 1221,
    autonomous_system_organization: "Telstra Pty Ltd",
  },
  isp: {
    autonomous_system_number: 1221,
    autonomous_system_organization: "Telstra Pty Ltd",
    isp: "Telstra Internet",
    organization: "Telstra Internet",
  },
  connectionType: { connection_type: "Cable/DSL" },
  domain: { domain: "maxmind.com" },
  anonymousIp: {
    is_anonymous: true,
    is_anonymous_vpn: true,
    is_hosting_provider: true,
    is_tor_exit_node: true,
  },
  /** ip-location-db's City. */
  flatCity: {
    city: "Sydney",
    country_code: "AU",
    latitude: mmdb.float(-33.5),
    longitude: mmdb.float(151.25),
    postcode: "2000",
    state1: "New South Wales",
    timezone: "Australia/Sydney",
  },
  flatCountry: { country_code: "AU" },
  ipinfoLite: {
    as_domain: "google.com",
    as_name: "Google LLC",
    asn: "AS15169",
    continent: "North America",
    continent_code: "NA",
    country: "United States",
    country_code: "US",
  },
} satisfies Record<string, MmdbValue>;
