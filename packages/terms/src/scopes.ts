/** Whether a test key may hold a scope: only those that read. */
export function isTestScope(scope: string): boolean {
  return scope.endsWith(":read");
}

/** What a key may do whose creator asks for no scope. */
export const SCOPES_DEFAULT: readonly string[] = ["locations:read", "usage:read"];

/** Every scope that a key may hold. */
export const SCOPE_NAMES: readonly string[] = [
  ...["locations:read", "usage:read", "keys:read", "keys:write", "audit:read"],
  ...["admin:read", "admin"],
];
