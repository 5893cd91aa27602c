/** The etag of a record: its revision, which grows with every change. */
export function etagOf(row: { revision: bigint }): string {
  return row.revision.toString();
}
