import type { Location } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { autonomousSystemText } from "../location.ts";
import { pruned } from "../pruned.ts";

const COORDINATE_DIGITS = 4;

/** The keys of a location that ipinfo documents and may be asked for one by one; a host name is never known here. */
const FIELDS = [
  ...["ip", "hostname", "city", "region", "country", "loc", "org", "postal", "timezone"],
] as const;

/** One of them. */
export type IpinfoField = (typeof FIELDS)[number];

/** Whether an address has a field of this name. */
export function isIpinfoField(name: string): name is IpinfoField {
  return FIELDS.some((field) => field === name);
}

/**
 * A location as ipinfo's clients expect it: texts, `anycast` where it is, and nothing that is unknown; a special-purpose address is a
 * bogon.
 */
export function ipinfoLocation(location: Location): unknown {
  const { ipAddress, specialPurpose, connection } = location;
  if (specialPurpose !== undefined) return { ip: ipAddress, bogon: true };
  return pruned({ ...textsOf(location), anycast: connection?.isAnycast || undefined });
}

/** One field of a location; empty where it is unknown. */
export function ipinfoText(location: Location, field: IpinfoField): string {
  return textsOf(location)[field] ?? "";
}

function textsOf(location: Location): Readonly<Record<IpinfoField, string | undefined>> {
  const { latitude, longitude } = location;
  const isPlaced = latitude !== undefined && longitude !== undefined;
  return {
    ip: location.ipAddress,
    hostname: undefined,
    city: location.city,
    region: location.region,
    country: location.countryCode,
    loc: isPlaced ? [latitude, longitude].map(degrees).join(",") : undefined,
    org: autonomousSystemText(location),
    postal: location.postalCode,
    timezone: location.timezone?.name,
  };
}

const degrees = (value: number) => value.toFixed(COORDINATE_DIGITS);
