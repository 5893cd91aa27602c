import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Account_State, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { apiKeyHash, isForeignApiKey, isWellFormedApiKey } from "@geomesh/terms/api-key";
import type { KeyTable, Principal } from "./key-table.ts";
import type { KnownKey } from "./record-forms.ts";

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

/** What the last request of a connection found: a client that keeps its connection mostly sends the same key. */
export class CredentialMemo {
  #credential: string | undefined;
  #principal: Principal | undefined;
  #tableVersion = 0;

  /** Whose a credential is, if it is the same as before and the table has not changed since. */
  recall(credential: string, tableVersion: number): Principal | undefined {
    const isSame = this.#credential === credential && this.#tableVersion === tableVersion;
    return isSame ? this.#principal : undefined;
  }

  /** Notes whose a credential is by this version of the table. */
  note(credential: string, principal: Principal, tableVersion: number): void {
    this.#credential = credential;
    this.#principal = principal;
    this.#tableVersion = tableVersion;
  }
}

/**
 * Tells whose a credential is. The memo is the connection's own; what depends on time is checked anew each time.
 * Errors: see `createAuthenticator`.
 */
export type Authenticate = (credential: string | undefined, memo?: CredentialMemo) => Principal;

/**
 * Creates a function that tells from memory whose a credential is. Unknown, malformed, revoked, expired and not yet valid
 * keys, and those of closed accounts, get the same answer. Errors: KEY_MISSING, KEY_INVALID, KEY_DISABLED, AUTH_STALE.
 */
export function createAuthenticator(
  { table, beatAgeMs, clock }: AuthenticatorDeps,
  { stalenessMaxMs }: AuthenticatorOptions,
): Authenticate {
  /** Errors: KEY_INVALID, AUTH_STALE. */
  function find(credential: string, ageMs: number): Principal {
    if (!isWellFormedApiKey(credential)) {
      const mayBe = table.hasForeignKeys && isForeignApiKey(credential);
      if (!mayBe) throw new AppError("KEY_INVALID");
    }
    if (ageMs > stalenessMaxMs) throw authStale();
    const principal = table.find(apiKeyHash(credential));
    if (principal !== undefined) return principal;
    throw ageMs > FRESH_MS_MAX ? authStale() : new AppError("KEY_INVALID");
  }

  return (credential, memo) => {
    if (credential === undefined || credential === "") throw new AppError("KEY_MISSING");
    const ageMs = beatAgeMs();
    let principal = memo?.recall(credential, table.version);
    if (principal === undefined) {
      principal = find(credential, ageMs);
      memo?.note(credential, principal, table.version);
    } else if (ageMs > stalenessMaxMs) throw authStale();
    const { state } = principal.account;
    if (state === Account_State.CLOSED) throw new AppError("KEY_INVALID");
    if (!isValid(principal.key, clock.wallMs())) throw new AppError("KEY_INVALID");
    if (principal.key.state !== Key_State.ACTIVE) throw new AppError("KEY_DISABLED");
    if (state !== Account_State.ACTIVE) throw new AppError("KEY_DISABLED");
    return principal;
  };
}

/** Only of a key that may be valid again is a caller told that it exists. A state of a newer auth is none that is accepted. */
function isValid({ state, notBeforeTime, expireTime }: KnownKey, wallMs: number): boolean {
  if (state !== Key_State.ACTIVE && state !== Key_State.DISABLED) return false;
  if (notBeforeTime !== undefined && wallMs < timestampMs(notBeforeTime)) return false;
  return expireTime === undefined || wallMs < timestampMs(expireTime);
}

/** AUTH_STALE: what is held of auth is too old to tell. */
export const authStale = () => new AppError("AUTH_STALE", { retryAfterMs: RETRY_MS });
