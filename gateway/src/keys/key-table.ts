import type { Account, Key, Plan } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { Change, KeyRecord } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";

/** Whose request it is: a key with its account and plan as they are now. */
export interface Principal {
  readonly key: Key;
  readonly account: Account;
  readonly plan: Plan;
  /** Of a caller without a key: the network that its limits count for, see `networkOf`. Undefined for one with a key. */
  readonly network?: string;
}

/** Whether its key is for tests: it gets the test addresses only, costs nothing, and takes no lease. */
export function isTestKey({ key }: Principal): boolean {
  return key.mode === KeyMode.TEST;
}

/** Whether its units count against a month's quota: those of test keys and of callers without a key do not. */
export function hasQuota(principal: Principal): boolean {
  return principal.network === undefined && !isTestKey(principal);
}

interface Entry<T> {
  readonly record: T;
  readonly revision: bigint;
}

/**
 * Holds all keys, accounts and plans of the mesh in memory. Changes may come in any order and more than once: a record is
 * replaced only by a newer revision of itself, and a revoked key stays as a record, so that an older change cannot bring
 * it back.
 */
export class KeyTable {
  #accounts = new Map<string, Entry<Account>>();
  #plans = new Map<string, Entry<Plan>>();
  #keys = new Map<string, Entry<KeyRecord>>();
  #version = 0;

  /** Grows with each change: what was found before holds as long as it is the same. */
  get version(): number {
    return this.#version;
  }

  /** Keys held, revoked ones included. */
  get keysCount(): number {
    return this.#keys.size;
  }

  /** Takes over what another table holds, and forgets what it held. The other must not be used any more. */
  replaceBy(other: KeyTable): void {
    this.#accounts = other.#accounts;
    this.#plans = other.#plans;
    this.#keys = other.#keys;
    this.#version += 1;
  }

  /** Takes over a change, unless the record is held in a newer revision. */
  apply({ revision, record }: Change): void {
    this.#version += 1;
    switch (record.case) {
      case "account":
        put(this.#accounts, record.value.accountId, record.value, revision);
        break;
      case "plan":
        put(this.#plans, record.value.planId, record.value, revision);
        break;
      case "key":
        put(this.#keys, indexOf(record.value.secretSha256), record.value, revision);
        break;
    }
  }

  /** Finds a plan by its id. Undefined for an unknown one. */
  findPlan(planId: string): Plan | undefined {
    return this.#plans.get(planId)?.record;
  }

  /** Finds a key by its hash. Undefined for an unknown one, and while its account or plan has not arrived. */
  find(secretSha256: Uint8Array): Principal | undefined {
    const key = this.#keys.get(indexOf(secretSha256))?.record.key;
    const account = key && this.#accounts.get(key.accountId)?.record;
    const plan = account && this.#plans.get(account.planId)?.record;
    return key && account && plan && { key, account, plan };
  }
}

function put<T>(entries: Map<string, Entry<T>>, id: string, record: T, revision: bigint): void {
  const known = entries.get(id);
  if (known === undefined || known.revision < revision) entries.set(id, { record, revision });
}

/** A hash as a string of one character a byte, the cheapest key of a Map. */
function indexOf(hash: Uint8Array): string {
  const bytes = Buffer.isBuffer(hash)
    ? hash
    : Buffer.from(hash.buffer, hash.byteOffset, hash.length);
  return bytes.toString("latin1");
}
