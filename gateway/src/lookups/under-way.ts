import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { Room } from "../operations/admission.ts";

/** Sixteen batches of the largest size. */
const KEY_ADDRESSES_MAX = 16_000;
/** Of callers without a key: two batches of the largest size. */
const NETWORK_ADDRESSES_MAX = 2_000;
/** Of one account, and of all callers without a key together. */
const ACCOUNT_ADDRESSES_MAX = 32_000;
/** Of batches; beyond it there is room for single lookups only. */
const BATCH_ADDRESSES_MAX = 100_000;
const ADDRESSES_MAX = 110_000;
const RETRY_MS = 1_000;

/** Counts the addresses that are under way, from admission to the record, and bounds them per key or network, per account and in all. */
export class UnderWay implements Room {
  /** By the id of a key, or a network. */
  readonly #callers = new Map<string, number>();
  readonly #accounts = new Map<string, number>();
  #all = 0;

  /**
   * RATE_LIMITED for too many of one key, network or account, which is its own matter; UPSTREAM_UNAVAILABLE for too many in all,
   * or of all callers without a key.
   */
  problem(principal: Principal, addresses: number): AppError | undefined {
    const { account, network } = principal;
    const mostOfCaller = network === undefined ? KEY_ADDRESSES_MAX : NETWORK_ADDRESSES_MAX;
    if ((this.#callers.get(callerOf(principal)) ?? 0) + addresses > mostOfCaller) {
      return tooMany(network === undefined ? "API key" : "client", "key");
    }
    if ((this.#accounts.get(account.accountId) ?? 0) + addresses > ACCOUNT_ADDRESSES_MAX) {
      return network === undefined ? tooMany("account", "account") : tooManyInAll();
    }
    const most = addresses > 1 ? BATCH_ADDRESSES_MAX : ADDRESSES_MAX;
    return this.#all + addresses <= most ? undefined : tooManyInAll();
  }

  /** Counts addresses in. */
  enter(principal: Principal, addresses: number): void {
    this.#all += addresses;
    add(this.#callers, callerOf(principal), addresses);
    add(this.#accounts, principal.account.accountId, addresses);
  }

  /** Counts addresses out. */
  leave(principal: Principal, addresses: number): void {
    this.#all -= addresses;
    add(this.#callers, callerOf(principal), -addresses);
    add(this.#accounts, principal.account.accountId, -addresses);
  }
}

const callerOf = ({ network, key }: Principal) => network ?? key.keyId;

/** An id whose count is 0 takes no memory. */
function add(counts: Map<string, number>, id: string, change: number): void {
  const count = (counts.get(id) ?? 0) + change;
  if (count === 0) counts.delete(id);
  else counts.set(id, count);
}

const tooManyInAll = () => new AppError("UPSTREAM_UNAVAILABLE", { retryAfterMs: RETRY_MS });

function tooMany(whose: string, policy: string): AppError {
  return new AppError("RATE_LIMITED", {
    message: `too many addresses of this ${whose} are under way; wait for answers before asking for more`,
    retryAfterMs: RETRY_MS,
    metadata: { [VIOLATED_POLICY]: policy },
  });
}
