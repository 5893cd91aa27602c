import type { Location, Names } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { pruned } from "../pruned.ts";

/** What a path of MaxMind's web service is named by: each answers what the one before does, and more. */
export const PRODUCTS = ["country", "city", "insights"] as const;

/** One of them. */
export type Product = (typeof PRODUCTS)[number];

/** What an answer tells beside the location. */
export interface AnswerOptions {
  readonly product: Product;
  /** What is left of the quota; undefined where that is unknown. */
  readonly queriesRemaining?: number | undefined;
}

/** A location as MaxMind's clients expect it: what is unknown, empty or false is absent, at every level. */
export function maxmindLocation(
  location: Location,
  { product, queriesRemaining }: AnswerOptions,
): unknown {
  return pruned({
    ...(product !== "country" && cityOf(location)),
    continent: {
      code: location.continentCode,
      geoname_id: location.continentGeonameId,
      names: namesOf(location, "continent"),
    },
    country: countryOf(location),
    registered_country: registeredCountryOf(location),
    traits: {
      ip_address: location.ipAddress,
      network: location.network,
      is_anycast: location.connection?.isAnycast || undefined,
      ...(product !== "country" && connectionOf(location)),
      ...(product === "insights" && anonymityOf(location)),
    },
    maxmind: { queries_remaining: queriesRemaining },
  });
}

function cityOf(location: Location) {
  const { latitude, longitude, accuracyRadiusKm, metroCode, timezone, postalCode } = location;
  return {
    city: { geoname_id: location.cityGeonameId, names: namesOf(location, "city") },
    location: {
      accuracy_radius: accuracyRadiusKm,
      latitude,
      longitude,
      metro_code: metroCode,
      time_zone: timezone?.name,
    },
    postal: { code: postalCode },
    subdivisions: [
      {
        geoname_id: location.regionGeonameId,
        iso_code: location.regionIsoCode,
        names: namesOf(location, "region"),
      },
      {
        geoname_id: location.subregionGeonameId,
        iso_code: location.subregionIsoCode,
        names: namesOf(location, "subregion"),
      },
    ],
  };
}

function countryOf(location: Location) {
  return {
    geoname_id: location.countryGeonameId,
    is_in_european_union: location.countryIsEu || undefined,
    iso_code: location.countryCode,
    names: namesOf(location, "country"),
  };
}

/** Of a country that is not the one of the place itself, the code alone is known. */
function registeredCountryOf(location: Location) {
  const { registeredCountryCode: code } = location;
  return code !== undefined && code === location.countryCode
    ? countryOf(location)
    : { iso_code: code };
}

function connectionOf({ connection }: Location) {
  return {
    autonomous_system_number: connection?.autonomousSystemNumber,
    autonomous_system_organization: connection?.autonomousSystemOrganization,
    connection_type: connection?.connectionType,
    domain: connection?.domain,
    isp: connection?.ispName,
    organization: connection?.organizationName,
  };
}

function anonymityOf({ security }: Location) {
  const { isVpn, isProxy, isTor, isHosting } = security ?? {};
  return {
    is_anonymous: isVpn || isProxy || isTor || isHosting || undefined,
    is_anonymous_vpn: isVpn || undefined,
    is_hosting_provider: isHosting || undefined,
    is_public_proxy: isProxy || undefined,
    is_tor_exit_node: isTor || undefined,
  };
}

type Named = Exclude<keyof Names, "$typeName" | "$unknown">;

/** Names in all languages; where only one is answered, that is the English one. */
function namesOf(location: Location, place: Named): Readonly<Record<string, string>> {
  const names = location.names?.[place] ?? {};
  const english = location[place];
  return english === undefined ? names : { en: english, ...names };
}
