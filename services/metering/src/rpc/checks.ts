import { type AppError, invalidArgument } from "@geomesh/runtime/errors";
import { isIdentifier, NUMBER_MAX } from "../ledger/identity.ts";

/** INVALID_ARGUMENT for one field of a request. */
export function invalidField(field: string, description: string): AppError {
  return invalidArgument([{ field, description }]);
}

/** Checks ids before they reach the database. Errors: INVALID_ARGUMENT for a malformed one. */
export function checkIdentifiers(fields: Readonly<Record<string, string>>): void {
  for (const [field, text] of Object.entries(fields)) {
    if (!isIdentifier(text)) throw invalidField(field, "must be 1 to 64 visible ASCII characters");
  }
}

/** Checks numbers before they reach the database. Errors: INVALID_ARGUMENT for one that exceeds 2^63 - 1. */
export function checkNumbers(fields: Readonly<Record<string, bigint>>): void {
  for (const [field, number] of Object.entries(fields)) {
    if (number > NUMBER_MAX) throw invalidField(field, `must be at most ${NUMBER_MAX}`);
  }
}
