import type { Location, Names } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import type { AllowedGroups } from "@geomesh/terms/field-groups";
import { autonomousSystemText, isUnknown } from "../location.ts";
import type { IpApiField } from "./fields.ts";

/** Names in the registry of special-purpose addresses for networks that anybody may use inside. */
const PRIVATE: ReadonlySet<string> = new Set(["Private-Use", "Unique-Local"]);

/** Why an address has no location. */
export type IpApiFailure = "private range" | "reserved range" | "invalid query" | "unknown address";

/** What is answered of an address. */
export interface IpApiOptions {
  readonly fields: ReadonlySet<IpApiField>;
  /** The language of names where they come in all; undefined where they come in the one that was asked for. */
  readonly language?: string | undefined;
  /** Those that the plan allows; undefined for all. */
  readonly groups?: AllowedGroups | undefined;
}

type Members = Readonly<Partial<Record<IpApiField, unknown>>>;

/**
 * A location as ip-api's clients expect it: an unknown text is empty, and an unknown number or truth is left out. An address that
 * has none is a failure.
 */
export function ipApiLocation(
  location: Location,
  { fields, language, groups }: IpApiOptions,
): Members {
  const { specialPurpose, ipAddress: query = "", connection } = location;
  const { latitude: lat, longitude: lon } = location;
  if (specialPurpose !== undefined) {
    const range = PRIVATE.has(specialPurpose) ? "private range" : "reserved range";
    return ipApiFailure(range, query, fields);
  }
  if (isUnknown(location, groups)) return ipApiFailure("unknown address", query, fields);
  const name = (place: Named) => nameOf(location, place, language);
  const texts = {
    continent: name("continent"),
    continentCode: location.continentCode,
    country: name("country"),
    countryCode: location.countryCode,
    region: location.regionIsoCode,
    regionName: name("region"),
    city: name("city"),
    district: undefined,
    zip: location.postalCode,
    timezone: location.timezone?.name,
    currency: location.currency?.currencyCode,
    isp: connection?.ispName,
    org: connection?.organizationName,
    as: autonomousSystemText(location),
    asname: connection?.autonomousSystemOrganization,
    reverse: undefined,
  };
  const known = Object.entries(texts).map(([key, text]) => [key, text ?? ""]);
  return selected(
    {
      status: "success",
      ...Object.fromEntries(known),
      ...{ lat, lon, offset: location.timezone?.utcOffsetSeconds },
      ...usesOf(location),
      query,
    },
    fields,
  );
}

/** The answer for what has no location. */
export function ipApiFailure(
  message: IpApiFailure,
  query: string,
  fields: ReadonlySet<IpApiField>,
): Members {
  return selected({ status: "fail", message, query }, fields);
}

function usesOf({ connection, security }: Location): Members {
  const { isVpn, isProxy, isTor, isHosting } = security ?? {};
  return {
    mobile: connection?.isMobile,
    proxy: anyOf([isVpn, isProxy, isTor]),
    hosting: isHosting,
  };
}

/** True where one is; unknown where none is and one is unknown. */
function anyOf(uses: readonly (boolean | undefined)[]): boolean | undefined {
  if (uses.includes(true)) return true;
  return uses.includes(undefined) ? undefined : false;
}

type Named = Exclude<keyof Names, "$typeName" | "$unknown" | "subregion">;

function nameOf(location: Location, place: Named, language: string | undefined) {
  const names = language === undefined ? undefined : location.names?.[place];
  return names?.[language ?? ""] ?? location[place];
}

/** The members that are asked for; JSON leaves those out that are undefined. */
function selected(members: Members, fields: ReadonlySet<string>): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => fields.has(name)));
}
