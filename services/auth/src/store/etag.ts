/** A record's etag is its revision: it changes with every change and never comes back. */
export function etagOf(row: { revision: bigint }): string {
  return row.revision.toString();
}
