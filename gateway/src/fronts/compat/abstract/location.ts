import { type DescField, getOption } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { opt_in } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";

/** The keys that Abstract documents for the objects in a location: its strict clients take no others there. */
const NESTED_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["timezone", ["name", "abbreviation", "gmt_offset", "current_time", "is_dst"]],
  ["flag", ["emoji", "unicode", "png", "svg"]],
  ["currency", ["currency_name", "currency_code"]],
  [
    "connection",
    [
      ...["autonomous_system_number", "autonomous_system_organization", "connection_type"],
      ...["isp_name", "organization_name"],
    ],
  ],
  ["security", ["is_vpn"]],
]);

const FIELDS = LocationSchema.fields.filter((field) => !getOption(field, opt_in));

/** The keys of a location at `/v1`. */
export const ABSTRACT_KEYS: ReadonlySet<string> = new Set(FIELDS.map(({ name }) => name));

/**
 * A location as Abstract's clients expect it: all keys of our own, null where unknown, and in its objects those of Abstract
 * alone. `keys` are those that are answered; undefined for all.
 */
export function abstractLocation(
  location: Location,
  keys: ReadonlySet<string> = ABSTRACT_KEYS,
): Record<string, unknown> {
  const message = reflect(LocationSchema, location);
  const fields = FIELDS.filter(({ name }) => keys.has(name));
  return Object.fromEntries(fields.map((field) => [field.name, memberOf(message, field)]));
}

function memberOf(message: ReflectMessage, field: DescField): unknown {
  if (field.fieldKind === "message") {
    const inside = message.get(field);
    const names = NESTED_KEYS.get(field.name) ?? [];
    const members = field.message.fields.filter(({ name }) => names.includes(name));
    return Object.fromEntries(members.map((member) => [member.name, memberOf(inside, member)]));
  }
  return message.isSet(field) ? message.get(field) : null;
}
