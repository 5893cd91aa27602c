import type { Clock } from "@geomesh/runtime/clock";
import type { Principal } from "../keys/key-table.ts";
import { LeakyBuckets, type Limits, type Standing } from "./leaky-buckets.ts";
import { accountLimits, keyLimits, shareOf } from "./limits-of.ts";

export type { Standing } from "./leaky-buckets.ts";

/** Where a request stands with the rates that apply to it. */
export interface RateDecision {
  /** True where every rate allows it. */
  readonly allowed: boolean;
  readonly key: Standing;
  readonly account: Standing;
}

/** The rates that apply to one request. */
export interface RequestRates {
  /** Tells whether all of them allow the request, and charges nothing. */
  test(): RateDecision;
  /** Charges the request, which `test` allowed, to all of them. */
  charge(): void;
}

/** The request rates of all keys and accounts, and of the networks of callers without a key. */
export interface RateLimiter {
  /** Finds the rates for a request, as the key and its plan state them now. */
  ratesOf(principal: Principal): RequestRates;
}

/** What a rate limiter works with. */
export interface RateLimiterDeps {
  readonly clock: Clock;
}

/** Limits of a rate limiter itself. */
export interface RateLimiterOptions {
  /** Keys, and accounts, that may have undrained requests at once; while so many have, others are refused. */
  readonly entriesMax: number;
  /** Networks of callers without a key that may have; default is `entriesMax`. They take no place of a key or an account. */
  readonly networksMax?: number;
  /** Processes that share each limit in equal parts, of which this is one; default 1. */
  readonly workers?: number;
}

/**
 * Creates a limiter of the requests of each key, and of all keys of an account. A request is tested
 * against both before either is charged. A key's own rate applies within its plan's. A network of callers without a key counts as
 * an account with one key. Of several workers each enforces its part.
 */
export function createRateLimiter(
  { clock }: RateLimiterDeps,
  { entriesMax, networksMax = entriesMax, workers = 1 }: RateLimiterOptions,
): RateLimiter {
  const bucketsFor = (most: number): Buckets => ({
    clock,
    workers,
    keys: new LeakyBuckets(most),
    accounts: new LeakyBuckets(most),
  });
  const own = bucketsFor(entriesMax);
  const ofNetworks = bucketsFor(networksMax);
  return {
    ratesOf: (principal) =>
      new BucketRates(principal.network === undefined ? own : ofNetworks, principal),
  };
}

interface Buckets {
  readonly clock: Clock;
  readonly workers: number;
  readonly keys: LeakyBuckets;
  readonly accounts: LeakyBuckets;
}

/** Works out the limits once for a request, which is tested and charged in several steps. */
class BucketRates implements RequestRates {
  readonly #buckets: Buckets;
  readonly #keyId: string;
  readonly #keyLimits: Limits;
  readonly #accountId: string;
  readonly #accountLimits: Limits;

  constructor(buckets: Buckets, principal: Principal) {
    this.#buckets = buckets;
    this.#keyId = principal.network ?? principal.key.keyId;
    this.#keyLimits = shareOf(keyLimits(principal), buckets.workers);
    this.#accountId = principal.network ?? principal.account.accountId;
    this.#accountLimits = shareOf(accountLimits(principal), buckets.workers);
  }

  test(): RateDecision {
    const { clock, keys, accounts } = this.#buckets;
    const monotonicMs = clock.monotonicMs();
    const key = keys.test(this.#keyId, this.#keyLimits, monotonicMs);
    const account = accounts.test(this.#accountId, this.#accountLimits, monotonicMs);
    return { allowed: key.allowed && account.allowed, key, account };
  }

  charge(): void {
    const { clock, keys, accounts } = this.#buckets;
    const monotonicMs = clock.monotonicMs();
    keys.charge(this.#keyId, this.#keyLimits, monotonicMs);
    accounts.charge(this.#accountId, this.#accountLimits, monotonicMs);
  }
}
