type Json = string | number | boolean | null | { readonly [key: string]: Json };

/** A location with everything that may be known, at an address for documentation: made up. */
export const PLACE = {
  ip_address: "192.0.2.1",
  network: "192.0.2.0/25",
  special_purpose: null,
  city: "Utrecht",
  city_geoname_id: 2745912,
  region: "Utrecht",
  region_iso_code: "UT",
  region_geoname_id: 2745909,
  subregion: null,
  subregion_iso_code: null,
  subregion_geoname_id: null,
  postal_code: "3511",
  metro_code: null,
  country: "Netherlands",
  country_code: "NL",
  country_geoname_id: 2750405,
  country_is_eu: true,
  registered_country_code: "NL",
  continent: "Europe",
  continent_code: "EU",
  continent_geoname_id: 6255148,
  latitude: 52.0908,
  longitude: 5.1222,
  accuracy_radius_km: 20,
  timezone: {
    name: "Europe/Amsterdam",
    abbreviation: "CET",
    gmt_offset: 1,
    utc_offset_seconds: 3600,
    current_time: "17:43:02",
    local_time: "2026-11-28T17:43:02+01:00",
    is_dst: false,
  },
  flag: {
    emoji: "🇳🇱",
    unicode: "U+1F1F3 U+1F1F1",
    svg: "/v1/flags/nl.svg",
    png: "/v1/flags/nl.png",
  },
  currency: { currency_name: "Euro", currency_code: "EUR", currency_symbol: "€" },
  connection: {
    autonomous_system_number: 64496,
    autonomous_system_organization: "Example Networks",
    connection_type: null,
    isp_name: null,
    organization_name: null,
    domain: null,
    is_mobile: null,
    is_satellite: null,
    is_anycast: null,
  },
  security: {
    is_vpn: null,
    is_proxy: null,
    is_tor: null,
    is_hosting: null,
    is_relay: null,
  },
  is_overridden: false,
};

/** What is really answered for an address for documentation. */
export const NOWHERE = {
  ...withoutValues(PLACE),
  ip_address: "2001:db8::1",
  network: "2001:db8::/32",
  special_purpose: "Documentation",
  is_overridden: false,
};

/** The same keys, with null for every value. */
function withoutValues(object: { readonly [key: string]: Json }): { readonly [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      typeof value === "object" && value !== null ? withoutValues(value) : null,
    ]),
  );
}
