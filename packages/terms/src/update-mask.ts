/** The fields of a key that its owner chooses, by their names in the contract. */
export const KEY_CHOICE_FIELDS: readonly string[] = [
  ...["name", "scopes", "expire_time", "not_before_time", "rate"],
  ...["allowed_cidrs", "allowed_origins", "metadata"],
];

/** Stands for all fields in a mask. */
const ALL = "*";

/** Whether a path may be in the mask of an update. */
export function isMaskPath(path: string, fields: readonly string[]): boolean {
  return path === ALL || fields.includes(path);
}

/** Whether a mask names a field, by its name or by `*`. */
export function isInMask(field: string, mask: readonly string[]): boolean {
  return mask.includes(field) || mask.includes(ALL);
}

/**
 * The resource after an update: as it is, but for the fields that the mask names, or without a mask those that the patch has. The
 * messages may be of any flavour whose members have names in camelCase. What is in the mask and no field is ignored.
 */
export function applyUpdate<T extends object>(
  current: T,
  patch: T,
  { mask, fields }: { readonly mask: readonly string[]; readonly fields: readonly string[] },
): T {
  const values = patch as Record<string, unknown>;
  const changed = fields
    .map((field) => ({ field, member: camelCase(field) }))
    .filter(({ field, member }) =>
      mask.length === 0 ? isSet(values[member]) : isInMask(field, mask),
    );
  return {
    ...current,
    ...Object.fromEntries(changed.map(({ member }) => [member, values[member]])),
  };
}

/** AIP-134: what proto3 cannot tell from absent is absent. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0 || value === false) return false;
  const isMessage = typeof value === "object" && value !== null && "$typeName" in value;
  if (isMessage || value instanceof Date) return true;
  if (typeof value !== "object" || value === null) return true;
  return Object.keys(value).length > 0;
}

function camelCase(field: string): string {
  return field.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
