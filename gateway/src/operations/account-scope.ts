import type { DescMessage, Message } from "@bufbuild/protobuf";
import { AppError } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";

const OWN = "-";

/** True where the caller's key holds the scope; `admin` holds all of them. */
function holdsScope(principal: Principal, scope: string): boolean {
  const { scopes } = principal.key;
  return scopes.includes(scope) || scopes.includes("admin");
}

/** Refuses a caller whose key lacks a scope. Errors: SCOPE_MISSING. */
export function requireScope(principal: Principal, scope: string): void {
  if (holdsScope(principal, scope)) return;
  throw new AppError("SCOPE_MISSING", { message: `the API key lacks the scope "${scope}"` });
}

/**
 * Settles which account a request is about: `-` becomes the caller's own, and any other needs the scope `admin`. Requests
 * without an `account_id` pass. Errors: SCOPE_MISSING.
 */
export function scopeToAccount(input: DescMessage, request: Message, principal: Principal): void {
  if (input.field["accountId"] === undefined) return;
  const scoped = request as Message & { accountId: string };
  if (scoped.accountId === OWN) scoped.accountId = principal.account.accountId;
  if (scoped.accountId !== principal.account.accountId) requireScope(principal, "admin");
}
