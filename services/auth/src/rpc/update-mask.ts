import { invalidArgument } from "@geomesh/runtime/errors";
import { applyUpdate, isMaskPath } from "@geomesh/terms/update-mask";

/** A resource, what a request has of it, and the mask of the request; none and undefined are the lack of a mask. */
export interface MaskedUpdate<T> {
  readonly before: T;
  readonly asked: T;
  readonly mask: readonly string[] | undefined;
}

/**
 * The resource with those of its fields changed that a mask names; `*` names all of them. Without a mask they are those that the
 * request sets, so that a field is unset by naming it alone. Errors: INVALID_ARGUMENT for another name.
 */
export function applyMask<T extends object>(
  fields: readonly string[],
  { before, asked, mask = [] }: MaskedUpdate<T>,
): T {
  if (!mask.every((path) => isMaskPath(path, fields))) throw maskInvalid(fields);
  return applyUpdate(before, asked, { mask, fields });
}

/** INVALID_ARGUMENT for a mask with names of other fields than these. */
export function maskInvalid(fields: readonly string[]) {
  const description = `must name fields of ${fields.join(", ")}, or be *`;
  return invalidArgument([{ field: "update_mask", description }]);
}
