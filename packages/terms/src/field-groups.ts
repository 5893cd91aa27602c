import { getOption } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { group } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";

/** The group of each key of a location by its number; empty for those that every plan allows. */
const GROUPS: ReadonlyMap<number, string> = new Map(
  LocationSchema.fields.map((field) => [field.number, getOption(field, group)]),
);

/** The names of all groups, in the order of the alphabet. */
export const FIELD_GROUPS: readonly string[] = [...new Set(GROUPS.values())]
  .filter((name) => name !== "")
  .toSorted();

/** The groups of keys that a plan allows, of those that there are. The same groups are the same object. */
export interface AllowedGroups {
  /** Equal texts are the same groups. */
  readonly key: string;
  readonly names: ReadonlySet<string>;
}

/** By their keys; as many as there are sets of groups at most, which are 64. */
const SETS = new Map<string, AllowedGroups>();
/** By the list of a plan, which never changes. */
const OF_PLANS = new WeakMap<readonly string[], AllowedGroups | undefined>();

/** The groups that the `field_groups` of a plan stand for; undefined where all are allowed, which no group means too. */
export function allowedGroups(fieldGroups: readonly string[]): AllowedGroups | undefined {
  if (fieldGroups.length === 0) return undefined;
  if (OF_PLANS.has(fieldGroups)) return OF_PLANS.get(fieldGroups);
  const allowed = groupsOf(fieldGroups);
  OF_PLANS.set(fieldGroups, allowed);
  return allowed;
}

/** A group that is unknown here, as auth may know more, allows no key. */
function groupsOf(fieldGroups: readonly string[]): AllowedGroups | undefined {
  const names = FIELD_GROUPS.filter((name) => fieldGroups.includes(name));
  if (names.length === FIELD_GROUPS.length) return undefined;
  const key = names.join(",");
  const known = SETS.get(key);
  if (known !== undefined) return known;
  const allowed = { key, names: new Set(names) };
  SETS.set(key, allowed);
  return allowed;
}

/** The group by which the key of a location with this number is refused; undefined where it is allowed. */
export function refusingGroup(
  allowed: AllowedGroups | undefined,
  number: number,
): string | undefined {
  const name = GROUPS.get(number) ?? "";
  return allowed === undefined || name === "" || allowed.names.has(name) ? undefined : name;
}
