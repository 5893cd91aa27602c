import { AppError } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";

const ADMIN = "admin";
const ADMIN_READ = "admin:read";
const READ = ":read";
const WRITE = ":write";

/**
 * True where the caller's key holds the scope, itself or by another one: `admin` includes all, `admin:read` every one that
 * ends in `:read`, and `keys:write` includes `keys:read`.
 */
export function holdsScope({ key }: Principal, scope: string): boolean {
  const { scopes } = key;
  if (scopes.includes(scope) || scopes.includes(ADMIN)) return true;
  if (!scope.endsWith(READ)) return false;
  return scopes.includes(ADMIN_READ) || scopes.includes(scope.slice(0, -READ.length) + WRITE);
}

/** Refuses a caller whose key lacks a scope. Errors: SCOPE_MISSING. */
export function requireScope(principal: Principal, scope: string): void {
  if (holdsScope(principal, scope)) return;
  throw new AppError("SCOPE_MISSING", { message: `the API key lacks the scope "${scope}"` });
}

/** The scope that an RPC needs for an account that is not the caller's own. */
export function scopeForOthers(isRead: boolean): string {
  return isRead ? ADMIN_READ : ADMIN;
}
