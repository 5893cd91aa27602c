import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";

const NAMES = {
  city: { en: "London", de: "London", ja: "ロンドン" },
  region: { en: "England", fr: "Angleterre" },
  country: { en: "United Kingdom", de: "Vereinigtes Königreich", "zh-CN": "英国" },
  continent: { en: "Europe", de: "Europa" },
};

/** What may be different in a location. */
export type LocationChange = Exclude<MessageInitShape<typeof LocationSchema>, Location>;

const KNOWN: LocationChange = {
  ipAddress: "81.2.69.142",
  network: "81.2.69.128/25",
  isOverridden: false,
  city: "London",
  cityGeonameId: 2643743,
  region: "England",
  regionIsoCode: "ENG",
  regionGeonameId: 6269131,
  subregion: "Greater London",
  subregionIsoCode: "GLA",
  subregionGeonameId: 2648110,
  postalCode: "N2",
  metroCode: 501,
  country: "United Kingdom",
  countryCode: "GB",
  countryGeonameId: 2635167,
  countryIsEu: false,
  registeredCountryCode: "US",
  continent: "Europe",
  continentCode: "EU",
  continentGeonameId: 6255148,
  latitude: 51.5967,
  longitude: -0.15,
  accuracyRadiusKm: 20,
  names: NAMES,
  timezone: {
    name: "Europe/London",
    abbreviation: "BST",
    gmtOffset: 1,
    utcOffsetSeconds: 3600,
    currentTime: "12:34:56",
    localTime: "2026-07-01T12:34:56+01:00",
    isDst: true,
  },
  flag: {
    emoji: "🇬🇧",
    unicode: "U+1F1EC U+1F1E7",
    svg: "/v1/flags/gb.svg",
    png: "/v1/flags/gb.png",
  },
  currency: { currencyName: "British Pound", currencyCode: "GBP", currencySymbol: "£" },
  connection: {
    autonomousSystemNumber: 20712,
    autonomousSystemOrganization: "Andrews & Arnold Ltd",
    connectionType: "Cable/DSL",
    ispName: "Andrews & Arnold",
    organizationName: "STONEHOUSE",
    domain: "example.net",
    isMobile: false,
    isSatellite: false,
    isAnycast: false,
  },
  security: { isVpn: false, isProxy: false, isTor: false, isHosting: true, isRelay: false },
};

/** A location of which everything is known. */
export const WHOLE: Location = create(LocationSchema, KNOWN);

/** An address that a dataset has no more of than its network. */
export const UNKNOWN: Location = create(LocationSchema, {
  ipAddress: "8.8.4.4",
  network: "8.8.4.0/24",
  isOverridden: false,
});

/** An address of which only the country is known. */
export const COUNTRY_ONLY: Location = create(LocationSchema, {
  ipAddress: "2001:218::1",
  network: "2001:218::/32",
  country: "Japan",
  countryCode: "JP",
  registeredCountryCode: "JP",
  countryIsEu: false,
});

/** A special-purpose address, of which nothing is known besides. */
export function special(ipAddress: string, specialPurpose: string): Location {
  return create(LocationSchema, { ipAddress, network: `${ipAddress}/32`, specialPurpose });
}

/** The whole location, of which some is different. */
export function wholeBut(change: LocationChange): Location {
  return create(LocationSchema, { ...KNOWN, ...change });
}
