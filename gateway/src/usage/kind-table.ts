import { createKindEncoder, minuteOf } from "./encode-kind.ts";
import type { Usage } from "./usage.ts";

/** Most keys whose kinds are kept. */
const KEYS_MAX = 50_000;
/** Most kinds that are kept for a key: the next one takes the place of the oldest. */
const KINDS_OF_KEY_MAX = 16;

/** A kind of usage, encoded once for all groups that hold it. */
export interface KnownKind {
  readonly bytes: Buffer;
  /** The last group that holds it, and its place there. */
  group: number;
  index: number;
}

interface Entry extends KnownKind {
  readonly minute: number;
  readonly accountId: string;
  readonly operation: string;
  readonly status: number;
  readonly units: number;
  readonly leaseNumber: number;
  readonly mode: number;
}

interface KindsOfKey {
  readonly entries: Entry[];
  oldest: number;
}

/**
 * Finds the kind of usage without encoding it again. It holds the kinds of the newest minute, of 50,000 keys at most, and
 * forgets all of them at the next minute; a kind that was forgotten is encoded once more, which changes nothing.
 */
export class KindTable {
  readonly #encode = createKindEncoder();
  readonly #keys = new Map<string, KindsOfKey>();
  #newestMinute = 0;

  /** The kind of usage. One that is new here is in no group: its `group` is 0. Errors: RangeError for ids beyond 64 KiB. */
  find(usage: Usage): KnownKind {
    const minute = minuteOf(usage.timeMs);
    if (minute > this.#newestMinute) this.#forget(minute);
    const known = this.#keys.get(usage.keyId);
    if (known === undefined) return this.#addKey(usage, minute);
    const leaseNumber = Number(usage.leaseNumber);
    for (const entry of known.entries) {
      if (
        entry.minute === minute &&
        entry.units === usage.units &&
        entry.leaseNumber === leaseNumber &&
        entry.status === usage.status &&
        entry.operation === usage.operation &&
        entry.accountId === usage.accountId &&
        entry.mode === usage.mode
      ) {
        return entry;
      }
    }
    return this.#addKind(known, usage, minute);
  }

  #addKey(usage: Usage, minute: number): KnownKind {
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
    const kinds = { entries: [], oldest: 0 };
    const entry = this.#addKind(kinds, usage, minute);
    this.#keys.set(usage.keyId, kinds);
    return entry;
  }

  #addKind(kinds: KindsOfKey, usage: Usage, minute: number): KnownKind {
    const { accountId, operation, status, units, mode } = usage;
    const leaseNumber = Number(usage.leaseNumber);
    const bytes = this.#encode(usage);
    const what = { minute, accountId, operation, status, units, leaseNumber, mode };
    const entry: Entry = { ...what, bytes, group: 0, index: 0 };
    if (kinds.entries.length < KINDS_OF_KEY_MAX) {
      kinds.entries.push(entry);
    } else {
      kinds.entries[kinds.oldest] = entry;
      kinds.oldest = (kinds.oldest + 1) % KINDS_OF_KEY_MAX;
    }
    return entry;
  }

  #forget(newestMinute: number): void {
    this.#newestMinute = newestMinute;
    this.#keys.clear();
  }
}
