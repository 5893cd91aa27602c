import { invalidArgument } from "@geomesh/runtime/errors";

/** The fields of a resource by their names in the contract. */
export interface ResourceFields<T> {
  /** Those that a client may change. */
  readonly changeable: Readonly<Record<string, keyof T>>;
  /** Those that it may not, which a mask may name all the same, as a client may send them. */
  readonly fixed: readonly string[];
}

const ALL = "*";

/**
 * The resource with those fields changed that a mask names; `*` names all that can be changed. Without a mask they are those
 * that the request sets, so that a field is unset by naming it alone. Errors: INVALID_ARGUMENT for a name of no field.
 */
export function applyMask<T extends object>(
  fields: ResourceFields<T>,
  { before, asked, mask }: { readonly before: T; readonly asked: T; readonly mask: Mask },
): T {
  const after = { ...before };
  for (const name of namesOf(fields, asked, mask)) after[name] = asked[name];
  return after;
}

/** The paths of a mask; none and undefined are the lack of a mask. */
type Mask = readonly string[] | undefined;

function namesOf<T>({ changeable, fixed }: ResourceFields<T>, asked: T, mask: Mask): (keyof T)[] {
  const all = Object.values(changeable);
  if (mask === undefined || mask.length === 0) return all.filter((name) => isSet(asked[name]));
  if (mask.includes(ALL)) return all;
  const unknown = mask.filter((path) => !Object.hasOwn(changeable, path) && !fixed.includes(path));
  if (unknown.length > 0) {
    const description = `must name fields of the resource, which ${unknown.map((path) => `"${path}"`).join(", ")} is not`;
    throw invalidArgument([{ field: "update_mask", description, reason: "field_mask.in" }]);
  }
  return mask.flatMap((path) => changeable[path] ?? []);
}

/** Whether a request sets a field: unset ones are decoded as their default. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0) return false;
  return typeof value !== "object" || Object.keys(value ?? {}).length > 0;
}
