import type { RecordKeys } from "./record-keys.ts";
import { WireReader } from "./wire-reader.ts";

const UNIT_BYTES = 64;
const CHUNK_BYTES = 1024 * 1024;
const CHUNK_UNITS = CHUNK_BYTES / UNIT_BYTES;
/** Before the key: the revision, the length of the message, and that of the key. */
const HEAD_BYTES = 16;
const LENGTH_AT = 8;
const KEY_LENGTH_AT = 12;
const INITIAL_SLOTS = 1_024;
/** Words of a slot: the hash of the key, then the first unit of the record's block, plus one. */
const SLOT_WORDS = 2;
/** Messages that are kept decoded, each at a place of its own, where the next one of the same place takes over. */
const DECODED_MAX = 8_192;

/** How messages are encoded, and what is decoded of them. */
export interface RecordForm<K, M, D> {
  /** The bytes of a message. */
  encode(message: M): Uint8Array;
  /** What the bytes of the message of a key say. */
  decode(reader: WireReader, key: K): D;
}

/** What records are made of. */
export interface RecordKinds<K, M, D> {
  readonly keys: RecordKeys<K>;
  readonly form: RecordForm<K, M, D>;
}

/**
 * Messages by keys, each with its revision. They lie encoded in flat memory, which takes a fraction of what as many objects do
 * and nothing of the garbage collector's time; some that were asked for twice lately are kept decoded. None is ever removed.
 *
 * A record lies in a block of whole units in one chunk. A block that a longer record has left is used again. Memory is what a
 * look-up waits for: it reads one slot, mostly, and one record.
 */
export class EncodedRecords<K, M, D> {
  readonly #keys: RecordKeys<K>;
  readonly #form: RecordForm<K, M, D>;
  readonly #chunks: Buffer[] = [];
  /** The next unit that was never used. */
  #end = 0;
  /** The first units of free blocks, by their length in units. */
  readonly #free = new Map<number, number[]>();
  /** Found by the hash of the key and linear probing. A record is read only where the whole hash is the same; no unit is an empty slot. */
  #slots = new Int32Array(INITIAL_SLOTS * SLOT_WORDS);
  #count = 0;
  /** The unit of each message that was decoded last for its place; -1 for none. */
  readonly #decodedUnits = new Int32Array(DECODED_MAX).fill(-1);
  /** What of it is kept: nothing before the second time, as most of what is asked for once would only be in the collector's way. */
  readonly #decoded = new Array<D | undefined>(DECODED_MAX).fill(undefined);

  constructor({ keys, form }: RecordKinds<K, M, D>) {
    this.#keys = keys;
    this.#form = form;
  }

  /** How many there are. */
  get size(): number {
    return this.#count;
  }

  /** Bytes of memory that are taken, but for what is kept decoded. */
  get bytes(): number {
    return this.#chunks.length * CHUNK_BYTES + this.#slots.byteLength;
  }

  /**
   * Keeps a message; false where that revision of it or a newer one is held. Errors: RangeError for one that is longer than a MiB, with its key.
   */
  put(key: K, message: M, revision: bigint): boolean {
    const encoded = this.#form.encode(message);
    const needed = unitsFor(this.#keys.bytesOf(key), encoded.length);
    const hash = this.#keys.hashOf(key);
    let slot = this.#slotOf(key, hash);
    let unit = this.#unitIn(slot);
    if (unit < 0) {
      if (this.#count * 2 * SLOT_WORDS >= this.#slots.length) {
        this.#grow();
        slot = this.#slotOf(key, hash);
      }
      this.#count += 1;
      unit = this.#allocate(needed);
    } else {
      if (this.#revisionAt(unit) >= revision) return false;
      const has = this.#unitsAt(unit);
      if (has !== needed) {
        const left = unit;
        unit = this.#allocate(needed);
        this.#release(left, has);
        this.#forget(left);
      }
    }
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = unit + 1;
    this.#forget(unit);
    this.#write(unit, { key, encoded, revision });
    return true;
  }

  /** The message of a key; the same object as long as it is kept decoded. Undefined for an unknown key. */
  get(key: K): D | undefined {
    const unit = this.#unitIn(this.#slotOf(key, this.#keys.hashOf(key)));
    if (unit < 0) return undefined;
    const place = unit % DECODED_MAX;
    const isAgain = this.#decodedUnits[place] === unit;
    const kept = isAgain ? this.#decoded[place] : undefined;
    if (kept !== undefined) return kept;
    const chunk = this.#chunkOf(unit);
    const at = offsetOf(unit);
    const start = at + HEAD_BYTES + chunk.readUInt32LE(at + KEY_LENGTH_AT);
    const end = start + chunk.readUInt32LE(at + LENGTH_AT);
    const message = this.#form.decode(new WireReader(chunk, start, end), key);
    if (isAgain) {
      this.#decoded[place] = message;
    } else {
      this.#forget(this.#decodedUnits[place] as number);
      this.#decodedUnits[place] = unit;
    }
    return message;
  }

  #forget(unit: number): void {
    const place = unit % DECODED_MAX;
    if (unit < 0 || this.#decodedUnits[place] !== unit) return;
    this.#decodedUnits[place] = -1;
    if (this.#decoded[place] !== undefined) this.#decoded[place] = undefined;
  }

  #write(
    unit: number,
    record: { readonly key: K; readonly encoded: Uint8Array; readonly revision: bigint },
  ): void {
    const { key, encoded, revision } = record;
    const chunk = this.#chunkOf(unit);
    const at = offsetOf(unit);
    const keyBytes = this.#keys.bytesOf(key);
    chunk.writeBigUInt64LE(revision, at);
    chunk.writeUInt32LE(encoded.length, at + LENGTH_AT);
    chunk.writeUInt32LE(keyBytes, at + KEY_LENGTH_AT);
    this.#keys.write(key, chunk, at + HEAD_BYTES);
    chunk.set(encoded, at + HEAD_BYTES + keyBytes);
  }

  /** Where the slot of a key begins, or the empty one where it would be. */
  #slotOf(key: K, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = Math.imul(hash, SLOT_WORDS) & mask; ; slot = (slot + SLOT_WORDS) & mask) {
      const unit = this.#unitIn(slot);
      if (unit < 0 || (slots[slot] === hash && this.#hasKey(unit, key))) return slot;
    }
  }

  /** The first unit of the record in a slot; negative for an empty one. */
  #unitIn(slot: number): number {
    return (this.#slots[slot + 1] as number) - 1;
  }

  #hasKey(unit: number, key: K): boolean {
    const chunk = this.#chunkOf(unit);
    const at = offsetOf(unit);
    if (chunk.readUInt32LE(at + KEY_LENGTH_AT) !== this.#keys.bytesOf(key)) return false;
    return this.#keys.isAt(key, chunk, at + HEAD_BYTES);
  }

  #grow(): void {
    const from = this.#slots;
    const slots = new Int32Array(from.length * 2);
    const mask = slots.length - 1;
    for (let at = 0; at < from.length; at += SLOT_WORDS) {
      const [hash, entry] = [from[at] as number, from[at + 1] as number];
      if (entry === 0) continue;
      let slot = Math.imul(hash, SLOT_WORDS) & mask;
      while (slots[slot + 1] !== 0) slot = (slot + SLOT_WORDS) & mask;
      slots[slot] = hash;
      slots[slot + 1] = entry;
    }
    this.#slots = slots;
  }

  #allocate(units: number): number {
    const reused = this.#free.get(units)?.pop();
    if (reused !== undefined) return reused;
    const left = CHUNK_UNITS - (this.#end % CHUNK_UNITS);
    if (left < units) {
      if (left < CHUNK_UNITS) this.#release(this.#end, left);
      this.#end += left % CHUNK_UNITS;
    }
    if (this.#end === this.#chunks.length * CHUNK_UNITS) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
    }
    const unit = this.#end;
    this.#end += units;
    return unit;
  }

  #release(unit: number, units: number): void {
    const free = this.#free.get(units);
    if (free === undefined) this.#free.set(units, [unit]);
    else free.push(unit);
  }

  #revisionAt(unit: number): bigint {
    return this.#chunkOf(unit).readBigUInt64LE(offsetOf(unit));
  }

  #unitsAt(unit: number): number {
    const chunk = this.#chunkOf(unit);
    const at = offsetOf(unit);
    return unitsFor(chunk.readUInt32LE(at + KEY_LENGTH_AT), chunk.readUInt32LE(at + LENGTH_AT));
  }

  #chunkOf(unit: number): Buffer {
    return this.#chunks[Math.floor(unit / CHUNK_UNITS)] as Buffer;
  }
}

/** Where a unit begins in its chunk. */
const offsetOf = (unit: number) => (unit % CHUNK_UNITS) * UNIT_BYTES;

function unitsFor(keyBytes: number, messageBytes: number): number {
  const units = Math.ceil((HEAD_BYTES + keyBytes + messageBytes) / UNIT_BYTES);
  if (units > CHUNK_UNITS) throw new RangeError(`a record of ${messageBytes} bytes is too long`);
  return units;
}
