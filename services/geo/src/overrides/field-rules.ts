import { isCountryCode } from "../derived/country-facts.ts";
import { zoneName } from "../derived/zone-name.ts";

const TEXT_LENGTH_MAX = 200;

/** What a member of an override may be. */
export interface FieldRule {
  /** The name of the field in a location. */
  readonly field: string;
  /** Completes "it must be …". */
  readonly rule: string;
  /** The value as answers have it; undefined for one that breaks the rule. */
  readonly read: (value: unknown) => unknown;
}

type Kind = Omit<FieldRule, "field">;

const only = (rule: string, isValid: (value: unknown) => boolean): Kind => ({
  rule,
  read: (value) => (isValid(value) ? value : undefined),
});
const onlyText = (rule: string, isValid: (value: string) => boolean): Kind =>
  only(rule, (value) => typeof value === "string" && isValid(value));
const within = (limit: number): Kind =>
  only(
    `a number from -${limit} to ${limit}`,
    (value) => typeof value === "number" && Math.abs(value) <= limit,
  );

const TEXT = onlyText(
  `a text of 1 to ${TEXT_LENGTH_MAX} characters`,
  (value) => value !== "" && value.length <= TEXT_LENGTH_MAX,
);
const FLAG = only("true or false", (value) => typeof value === "boolean");
const WHOLE = only(
  "a whole number from 0 to 4294967295",
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32,
);
const COUNTRY_CODE = onlyText("the code of a country, such as GB", isCountryCode);
const REGION_CODE = onlyText("1 to 3 capital letters or digits", (value) =>
  /^[A-Z0-9]{1,3}$/.test(value),
);
const CONTINENT_CODE = onlyText("one of AF, AN, AS, EU, NA, OC, SA", (value) =>
  /^(?:AF|AN|AS|EU|NA|OC|SA)$/.test(value),
);
const ZONE: Kind = {
  rule: "the name of a time zone, such as Europe/Berlin",
  read: (value) => (typeof value === "string" ? zoneName(value) : undefined),
};

/** Whether a text can be a name; the rule of `NAME_FIELDS` in one language. */
export const NAME_RULE: Kind = TEXT;

/** Rules by the public name of a member. */
export type FieldRules = Readonly<Record<string, FieldRule>>;

const as = (field: string, kind: Kind): FieldRule => ({ field, ...kind });

/** The members of the location object that are no objects themselves. */
export const PLACE_RULES: FieldRules = {
  city: as("city", TEXT),
  city_geoname_id: as("cityGeonameId", WHOLE),
  region: as("region", TEXT),
  region_iso_code: as("regionIsoCode", REGION_CODE),
  region_geoname_id: as("regionGeonameId", WHOLE),
  subregion: as("subregion", TEXT),
  subregion_iso_code: as("subregionIsoCode", REGION_CODE),
  subregion_geoname_id: as("subregionGeonameId", WHOLE),
  postal_code: as("postalCode", TEXT),
  metro_code: as("metroCode", WHOLE),
  country: as("country", TEXT),
  country_code: as("countryCode", COUNTRY_CODE),
  country_geoname_id: as("countryGeonameId", WHOLE),
  country_is_eu: as("countryIsEu", FLAG),
  registered_country_code: as("registeredCountryCode", COUNTRY_CODE),
  continent: as("continent", TEXT),
  continent_code: as("continentCode", CONTINENT_CODE),
  continent_geoname_id: as("continentGeonameId", WHOLE),
  latitude: as("latitude", within(90)),
  longitude: as("longitude", within(180)),
  accuracy_radius_km: as("accuracyRadiusKm", WHOLE),
};

/** The members of the objects in the location object. */
export const GROUP_RULES: Readonly<Record<"timezone" | "connection" | "security", FieldRules>> = {
  timezone: { name: as("timezoneName", ZONE) },
  connection: {
    autonomous_system_number: as("autonomousSystemNumber", WHOLE),
    autonomous_system_organization: as("autonomousSystemOrganization", TEXT),
    connection_type: as("connectionType", TEXT),
    isp_name: as("ispName", TEXT),
    organization_name: as("organizationName", TEXT),
    domain: as("domain", TEXT),
    is_mobile: as("isMobile", FLAG),
    is_satellite: as("isSatellite", FLAG),
    is_anycast: as("isAnycast", FLAG),
  },
  security: {
    is_vpn: as("isVpn", FLAG),
    is_proxy: as("isProxy", FLAG),
    is_tor: as("isTor", FLAG),
    is_hosting: as("isHosting", FLAG),
    is_relay: as("isRelay", FLAG),
  },
};
