import { AppError } from "@geomesh/runtime/errors";

/** The etag of a record: its revision, which grows with every change. */
export function etagOf(row: { revision: bigint }): string {
  return row.revision.toString();
}

/** Does nothing where every etag is that of the row or the resource, or empty. Errors: ETAG_MISMATCH. */
export function requireEtag(
  current: { readonly revision: bigint } | { readonly etag: string },
  ...etags: readonly string[]
): void {
  const etag = "etag" in current ? current.etag : etagOf(current);
  if (etags.some((known) => known !== "" && known !== etag)) throw new AppError("ETAG_MISMATCH");
}
