import type { Key, Plan } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { Change } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { isForeignPrefix } from "@geomesh/terms/api-key";
import { EncodedRecords } from "./encoded-records.ts";
import { KeyOrigins } from "./origins.ts";
import { ACCOUNT_FORM, KEY_FORM, type KnownAccount, type KnownKey } from "./record-forms.ts";
import { DIGEST_KEYS, TEXT_KEYS } from "./record-keys.ts";

/** Whose request it is: a key with its account and plan as they are now. */
export interface Principal {
  readonly key: KnownKey;
  readonly account: KnownAccount;
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

interface PlanEntry {
  /** Undefined for a deleted one, which is kept so that an older change cannot bring it back. */
  readonly plan: Plan | undefined;
  readonly revision: bigint;
}

/**
 * Holds all keys, accounts and plans of the mesh in memory. Changes may come in any order and more than once: a record is
 * replaced only by a newer revision of itself, and a revoked key stays as a record, so that an older change cannot bring
 * it back.
 */
export class KeyTable {
  #accounts = new EncodedRecords({ keys: TEXT_KEYS, form: ACCOUNT_FORM });
  #plans = new Map<string, PlanEntry>();
  /** By the hashes of their secrets. */
  #keys = new EncodedRecords({ keys: DIGEST_KEYS, form: KEY_FORM });
  #origins = new KeyOrigins();
  #hasForeign = false;
  #version = 0;

  /** Grows with each change: what was found before holds as long as it is the same. */
  get version(): number {
    return this.#version;
  }

  /** Keys held, revoked ones included. */
  get keysCount(): number {
    return this.#keys.size;
  }

  /** True once a key from elsewhere has come, whose secret may have any form. */
  get hasForeignKeys(): boolean {
    return this.#hasForeign;
  }

  /** Origins, and patterns of them, that some active key allows. */
  get originsCount(): number {
    return this.#origins.size;
  }

  /** True where some active key allows pages of an origin, which is as browsers send it. */
  allowsOrigin(origin: string): boolean {
    return this.#origins.allows(origin);
  }

  /** Takes over what another table holds, and forgets what it held. The other must not be used any more. */
  replaceBy(other: KeyTable): void {
    this.#accounts = other.#accounts;
    this.#plans = other.#plans;
    this.#keys = other.#keys;
    this.#origins = other.#origins;
    this.#hasForeign = other.#hasForeign;
    this.#version += 1;
  }

  /** Takes over a change, unless the record is held in a newer revision. */
  apply({ revision, record }: Change): void {
    this.#version += 1;
    switch (record.case) {
      case "account":
        this.#accounts.put(record.value.accountId, record.value, revision);
        break;
      case "plan":
      case "deletedPlan": {
        const { planId } = record.value;
        const known = this.#plans.get(planId);
        if (known === undefined || known.revision < revision) {
          const plan = record.case === "plan" ? record.value : undefined;
          this.#plans.set(planId, { plan, revision });
        }
        break;
      }
      case "key": {
        const { key, secretSha256 } = record.value;
        if (key !== undefined) this.#putKey(secretSha256, key, revision);
        break;
      }
    }
  }

  #putKey(hash: Uint8Array, key: Key, revision: bigint): void {
    this.#hasForeign ||= isForeignPrefix(key.displayPrefix);
    // Where no key has origins, the one before has none, and need not be decoded.
    const before = this.#origins.size > 0 ? this.#keys.get(hash) : undefined;
    if (this.#keys.put(hash, key, revision)) this.#origins.replace(before, key);
  }

  /** Finds a plan by its id. Undefined for an unknown or a deleted one. */
  findPlan(planId: string): Plan | undefined {
    return this.#plans.get(planId)?.plan;
  }

  /** Finds a key by its hash. Undefined for an unknown one, and while its account or plan has not arrived. */
  find(secretSha256: Uint8Array): Principal | undefined {
    const key = this.#keys.get(secretSha256);
    const account = key && this.#accounts.get(key.accountId);
    const plan = account && this.findPlan(account.planId);
    return key && account && plan && { key, account, plan };
  }
}
