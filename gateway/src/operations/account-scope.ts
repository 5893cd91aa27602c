import type { Message } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Principal } from "../keys/key-table.ts";
import type { Operation } from "./operation.ts";
import { requireScope, scopeForOthers } from "./scopes.ts";

const OWN = "-";
const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;

/**
 * Settles which account a request is about, by the field that the contract names: `-` becomes the caller's own, and any
 * other needs `admin:read` where the operation only reads, else `admin`. Errors: SCOPE_MISSING.
 */
export function scopeToAccount(
  { access: { account }, method }: Pick<Operation, "access" | "method">,
  request: Message,
  principal: Principal,
): void {
  if (account === undefined) return;
  const { accountId: own } = principal.account;
  const { localName } = account.field;
  const owner = account.ownerOf(request);
  if (owner !== undefined && owner[localName] === OWN) owner[localName] = own;
  if (owner?.[localName] === own) return;
  requireScope(principal, scopeForOthers(method.idempotency === NO_SIDE_EFFECTS));
}
