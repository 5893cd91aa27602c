import { isZone } from "../derived/zone-state.ts";
import type { Override } from "./override.ts";

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string" && value !== "" && value.length <= 200;
const flag: Check = (value) => typeof value === "boolean";
const whole: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32;
const within =
  (limit: number): Check =>
  (value) =>
    typeof value === "number" && Math.abs(value) <= limit;
const matching =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);

const PLACE_FIELDS: Readonly<Record<string, readonly [name: string, check: Check]>> = {
  city: ["city", text],
  city_geoname_id: ["cityGeonameId", whole],
  region: ["region", text],
  region_iso_code: ["regionIsoCode", matching(/^[A-Z0-9]{1,3}$/)],
  region_geoname_id: ["regionGeonameId", whole],
  postal_code: ["postalCode", text],
  country: ["country", text],
  country_code: ["countryCode", matching(/^[A-Z]{2}$/)],
  country_geoname_id: ["countryGeonameId", whole],
  country_is_eu: ["countryIsEu", flag],
  registered_country_code: ["registeredCountryCode", matching(/^[A-Z]{2}$/)],
  continent: ["continent", text],
  continent_code: ["continentCode", matching(/^(?:AF|AN|AS|EU|NA|OC|SA)$/)],
  continent_geoname_id: ["continentGeonameId", whole],
  latitude: ["latitude", within(90)],
  longitude: ["longitude", within(180)],
  accuracy_radius_km: ["accuracyRadiusKm", whole],
};

const TIMEZONE_FIELDS = {
  name: ["timezoneName", (value: unknown) => isZone(String(value))],
} as const;

const CONNECTION_FIELDS = {
  autonomous_system_number: ["autonomousSystemNumber", whole],
  autonomous_system_organization: ["autonomousSystemOrganization", text],
  connection_type: ["connectionType", text],
  isp_name: ["ispName", text],
  organization_name: ["organizationName", text],
  domain: ["domain", text],
} as const;

const SECURITY_FIELDS = {
  is_vpn: ["isVpn", flag],
  is_proxy: ["isProxy", flag],
  is_tor: ["isTor", flag],
  is_hosting: ["isHosting", flag],
  is_relay: ["isRelay", flag],
} as const;

type Fields = Readonly<Record<string, readonly [name: string, check: Check]>>;

const GROUPS: Readonly<Record<string, Fields>> = {
  timezone: TIMEZONE_FIELDS,
  connection: CONNECTION_FIELDS,
  security: SECURITY_FIELDS,
};

/** Makes an override of fields of the location object; returns what is wrong if one of them is invalid. `null` is unknown. */
export function readFields(fields: Readonly<Record<string, unknown>>): Override | string {
  const override = { place: {}, connection: {}, security: {} };
  for (const [key, value] of Object.entries(fields)) {
    const group = Object.hasOwn(GROUPS, key) ? GROUPS[key] : undefined;
    const target = key === "connection" || key === "security" ? override[key] : override.place;
    const problem =
      group === undefined
        ? readInto(target, PLACE_FIELDS, key, value)
        : readGroup(target, group, key, value);
    if (problem !== undefined) return problem;
  }
  return override;
}

function readGroup(
  target: object,
  fields: Fields,
  key: string,
  value: unknown,
): string | undefined {
  if (typeof value !== "object" || value === null)
    return `has an invalid ${key}: it is not an object`;
  for (const [name, inner] of Object.entries(value)) {
    const problem = readInto(target, fields, name, inner, `${key}.`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function readInto(
  target: object,
  fields: Fields,
  key: string,
  value: unknown,
  path = "",
): string | undefined {
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (field === undefined) return `has a field ${path}${key}, which cannot be overridden`;
  const [name, check] = field;
  if (value !== null && !check(value)) return `has an invalid ${path}${key}`;
  Object.assign(target, { [name]: value ?? undefined });
  return undefined;
}
