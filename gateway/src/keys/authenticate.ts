import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Account_State, type Key, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { apiKeyHash, isWellFormedApiKey } from "@geomesh/terms/api-key";
import type { KeyTable, Principal } from "./key-table.ts";

/** While the table is older than this, a key that it lacks may be a new one that has not arrived. */
const FRESH_MS_MAX = 5_000;
const RETRY_MS = 1_000;

/** What an authenticator works with. */
export interface AuthenticatorDeps {
  readonly table: KeyTable;
  /** Milliseconds since the table was last known to be equal to auth's; infinite before it was first loaded. */
  readonly beatAgeMs: () => number;
  readonly clock: Clock;
}

/** What an operator may choose. */
export interface AuthenticatorOptions {
  /** Age of the table, in milliseconds, beyond which no key is accepted. */
  readonly stalenessMaxMs: number;
}

/** Tells whose a credential is. Errors: see `createAuthenticator`. */
export type Authenticate = (credential: string | undefined) => Principal;

/**
 * Creates a function that tells from memory whose a credential is. Unknown, malformed, revoked, expired and not yet valid
 * keys get the same answer. Errors: KEY_MISSING, KEY_INVALID, KEY_DISABLED, AUTH_STALE.
 */
export function createAuthenticator(
  { table, beatAgeMs, clock }: AuthenticatorDeps,
  { stalenessMaxMs }: AuthenticatorOptions,
): Authenticate {
  return (credential) => {
    if (credential === undefined || credential === "") throw new AppError("KEY_MISSING");
    if (!isWellFormedApiKey(credential)) throw new AppError("KEY_INVALID");
    const ageMs = beatAgeMs();
    if (ageMs > stalenessMaxMs) throw stale();
    const principal = table.find(apiKeyHash(credential));
    if (principal === undefined) {
      throw ageMs > FRESH_MS_MAX ? stale() : new AppError("KEY_INVALID");
    }
    if (!isActive(principal.key, clock.wallMs())) throw new AppError("KEY_INVALID");
    if (principal.account.state !== Account_State.ACTIVE) throw new AppError("KEY_DISABLED");
    return principal;
  };
}

function isActive({ state, notBeforeTime, expireTime }: Key, wallMs: number): boolean {
  if (state !== Key_State.ACTIVE) return false;
  if (notBeforeTime !== undefined && wallMs < timestampMs(notBeforeTime)) return false;
  return expireTime === undefined || wallMs < timestampMs(expireTime);
}

const stale = () => new AppError("AUTH_STALE", { retryAfterMs: RETRY_MS });
