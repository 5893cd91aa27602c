import type { Principal } from "../keys/key-table.ts";

/** A batch of the largest size. */
const ACCOUNT_ADDRESSES_MAX = 1_000;
const ADDRESSES_MAX = 8_000;

/** Bounds the addresses of requests that are looked up before it is known whether their units can be had. */
export class UnpaidBounds {
  readonly #accounts = new Map<string, number>();
  #all = 0;

  /** True where so many more addresses of an account may be under way unpaid; one request of it always may. */
  hasRoom({ account }: Principal, addresses: number): boolean {
    const own = this.#accounts.get(account.accountId) ?? 0;
    if (own > 0 && own + addresses > ACCOUNT_ADDRESSES_MAX) return false;
    return this.#all === 0 || this.#all + addresses <= ADDRESSES_MAX;
  }

  /** Counts addresses in. */
  enter(principal: Principal, addresses: number): void {
    this.#add(principal, addresses);
  }

  /** Counts addresses out. */
  leave(principal: Principal, addresses: number): void {
    this.#add(principal, -addresses);
  }

  #add({ account: { accountId } }: Principal, change: number): void {
    const count = (this.#accounts.get(accountId) ?? 0) + change;
    this.#all += change;
    if (count === 0) this.#accounts.delete(accountId);
    else this.#accounts.set(accountId, count);
  }
}
