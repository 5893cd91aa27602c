import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { Room } from "../operations/admission.ts";

/** Sixteen batches of the largest size. */
const KEY_ADDRESSES_MAX = 16_000;
const ACCOUNT_ADDRESSES_MAX = 32_000;
/** Of batches; beyond it there is room for single lookups only. */
const BATCH_ADDRESSES_MAX = 100_000;
const ADDRESSES_MAX = 110_000;
const RETRY_MS = 1_000;

/** Counts the addresses that are under way, from admission to the record, and bounds them per key, per account and in all. */
export class UnderWay implements Room {
  readonly #keys = new Map<string, number>();
  readonly #accounts = new Map<string, number>();
  #all = 0;

  /** RATE_LIMITED for too many of one key or account, which is its own matter; UPSTREAM_UNAVAILABLE for too many in all. */
  problem({ key, account }: Principal, addresses: number): AppError | undefined {
    if ((this.#keys.get(key.keyId) ?? 0) + addresses > KEY_ADDRESSES_MAX) {
      return tooMany("API key", "key");
    }
    if ((this.#accounts.get(account.accountId) ?? 0) + addresses > ACCOUNT_ADDRESSES_MAX) {
      return tooMany("account", "account");
    }
    const most = addresses > 1 ? BATCH_ADDRESSES_MAX : ADDRESSES_MAX;
    if (this.#all + addresses <= most) return undefined;
    return new AppError("UPSTREAM_UNAVAILABLE", { retryAfterMs: RETRY_MS });
  }

  /** Counts addresses in. */
  enter({ key, account }: Principal, addresses: number): void {
    this.#all += addresses;
    add(this.#keys, key.keyId, addresses);
    add(this.#accounts, account.accountId, addresses);
  }

  /** Counts addresses out. */
  leave({ key, account }: Principal, addresses: number): void {
    this.#all -= addresses;
    add(this.#keys, key.keyId, -addresses);
    add(this.#accounts, account.accountId, -addresses);
  }
}

/** An id whose count is 0 takes no memory. */
function add(counts: Map<string, number>, id: string, change: number): void {
  const count = (counts.get(id) ?? 0) + change;
  if (count === 0) counts.delete(id);
  else counts.set(id, count);
}

function tooMany(whose: string, policy: string): AppError {
  return new AppError("RATE_LIMITED", {
    message: `too many addresses of this ${whose} are under way; wait for answers before asking for more`,
    retryAfterMs: RETRY_MS,
    metadata: { [VIOLATED_POLICY]: policy },
  });
}
