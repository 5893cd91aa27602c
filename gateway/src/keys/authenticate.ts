import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Account_State, type Key, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { AppError } from "@geomesh/runtime/errors";
import { apiKeyHash, isWellFormedApiKey } from "@geomesh/terms/api-key";
import type { KeyTable, Principal } from "./key-table.ts";

/** From this age of auth's last beat on, a key that is not in the table may be one that has not arrived. */
const FRESH_MS_MAX = 5_000;
const RETRY_MS = 1_000;

export interface AuthenticatorParts {
  readonly table: KeyTable;
  /** Milliseconds since auth was last heard of; infinite before the table was first loaded. */
  readonly beatAgeMs: () => number;
  /** Age of the last beat from which on no key is trusted. */
  readonly stalenessMaxMs: number;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
}

export type Authenticate = (credential: string | undefined) => Principal;

/**
 * Tells whose a credential is, from memory. Unknown, malformed, revoked, expired and not yet valid keys get the same
 * answer. Errors: unauthenticated KEY_MISSING or KEY_INVALID, permission_denied KEY_DISABLED, unavailable AUTH_STALE.
 */
export function createAuthenticator(parts: AuthenticatorParts): Authenticate {
  const { table, beatAgeMs, stalenessMaxMs, now } = parts;
  return (credential) => {
    if (credential === undefined || credential === "") {
      throw new AppError("KEY_MISSING", { message: "an API key is required" });
    }
    if (!isWellFormedApiKey(credential)) throw keyInvalid();
    const age = beatAgeMs();
    if (age > stalenessMaxMs) throw stale();
    const principal = table.find(apiKeyHash(credential));
    if (principal === undefined) throw age > FRESH_MS_MAX ? stale() : keyInvalid();
    if (!isInForce(principal.key, now())) throw keyInvalid();
    if (principal.account.state !== Account_State.ACTIVE) {
      throw new AppError("KEY_DISABLED", { message: "the account of this key is suspended" });
    }
    return principal;
  };
}

function isInForce({ state, notBeforeTime, expireTime }: Key, nowMs: number): boolean {
  if (state !== Key_State.ACTIVE) return false;
  if (notBeforeTime !== undefined && nowMs < timestampMs(notBeforeTime)) return false;
  return expireTime === undefined || nowMs < timestampMs(expireTime);
}

const keyInvalid = () => new AppError("KEY_INVALID", { message: "this API key is not valid" });
const stale = () =>
  new AppError("AUTH_STALE", {
    message: "API keys cannot be checked for the moment",
    retryAfterMs: RETRY_MS,
  });
