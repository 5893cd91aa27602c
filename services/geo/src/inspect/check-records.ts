import type { SchemaReaders } from "../layers/schema.ts";
import { RefusalError } from "./refusal-error.ts";

const MALFORMED_SHARE_MAX = 0.05;

/**
 * Reads everything that answers take from the records, and returns how many records have a value that cannot be right for its
 * field, such as a negative number of an autonomous system. It is answered as unknown, so it is no reason to refuse the
 * file. Errors: RefusalError if more than a twentieth of the records have a code that is not two letters.
 */
export function countUnusable(
  { fields, place, system, connection, security }: SchemaReaders,
  records: Uint32Array,
): number {
  let unusableRecords = 0;
  let malformedRecords = 0;
  for (const record of records) {
    const { unusable, malformedCodes } = fields;
    place?.(record, "en");
    system?.(record);
    connection?.(record);
    security?.(record);
    if (fields.unusable > unusable) unusableRecords++;
    if (fields.malformedCodes > malformedCodes) malformedRecords++;
  }
  if (malformedRecords > records.length * MALFORMED_SHARE_MAX) {
    throw new RefusalError(
      `${malformedRecords} of ${records.length} records have codes such as the code ${fields.malformedCode}`,
    );
  }
  return unusableRecords;
}
