import {
  type Account,
  AccountSchema,
  type Key,
  KeySchema,
  type Plan,
} from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { Change } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { isForeignPrefix } from "@geomesh/terms/api-key";
import { EncodedRecords } from "./encoded-records.ts";
import { KeyOrigins } from "./origins.ts";

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
  #accounts = new EncodedRecords(AccountSchema);
  #plans = new Map<string, PlanEntry>();
  /** By the hashes of their secrets. */
  #keys = new EncodedRecords(KeySchema);
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
        this.#accounts.put(idBytes(record.value.accountId), record.value, revision);
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
        if (key !== undefined) this.#putKey(asBuffer(secretSha256), key, revision);
        break;
      }
    }
  }

  #putKey(hash: Buffer, key: Key, revision: bigint): void {
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
    const key = this.#keys.get(asBuffer(secretSha256));
    const account = key && this.#accounts.get(idBytes(key.accountId));
    const plan = account && this.findPlan(account.planId);
    return key && account && plan && { key, account, plan };
  }
}

const idBytes = (id: string) => Buffer.from(id);

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
