import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";

const UNIT_BYTES = 64;
const CHUNK_BYTES = 1024 * 1024;
const CHUNK_UNITS = CHUNK_BYTES / UNIT_BYTES;
/** Before the key: the revision, the length of the message, and that of the key. */
const HEAD_BYTES = 16;
const LENGTH_AT = 8;
const KEY_LENGTH_AT = 12;
const INITIAL_SLOTS = 1_024;
/** Messages that are kept decoded, each at a place of its own, where the next one of the same place takes over. */
const DECODED_MAX = 8_192;

/** How FNV-1a begins and goes on, for 32 bits. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Messages by keys of bytes, each with its revision. They lie encoded in flat memory, which takes a fraction of what as many
 * objects do and nothing of the garbage collector's time; some that were asked for lately are kept decoded. None is ever removed.
 *
 * A record lies in a block of whole units in one chunk. A block that a longer record has left is used again.
 */
export class EncodedRecords<Desc extends DescMessage> {
  readonly #desc: Desc;
  readonly #chunks: Buffer[] = [];
  /** The next unit that was never used. */
  #end = 0;
  /** The first units of free blocks, by their length in units. */
  readonly #free = new Map<number, number[]>();
  /** The first unit of each record's block, plus one; 0 is an empty slot. Found by the hash of the key and linear probing. */
  #slots = new Uint32Array(INITIAL_SLOTS);
  #count = 0;
  /** The unit of each message that is kept decoded; -1 for none. */
  readonly #decodedUnits = new Int32Array(DECODED_MAX).fill(-1);
  readonly #decoded = new Array<MessageShape<Desc> | undefined>(DECODED_MAX).fill(undefined);

  constructor(desc: Desc) {
    this.#desc = desc;
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
  put(key: Buffer, message: MessageShape<Desc>, revision: bigint): boolean {
    const encoded = toBinary(this.#desc, message);
    const needed = unitsFor(key.length, encoded.length);
    let slot = this.#slotOf(key);
    let unit = (this.#slots[slot] as number) - 1;
    if (unit < 0) {
      if (this.#count * 2 >= this.#slots.length) {
        this.#grow();
        slot = this.#slotOf(key);
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
    this.#slots[slot] = unit + 1;
    this.#forget(unit);
    this.#write(unit, { key, encoded, revision });
    return true;
  }

  /** The message of a key; the same object as long as it is kept decoded. Undefined for an unknown key. */
  get(key: Buffer): MessageShape<Desc> | undefined {
    const unit = (this.#slots[this.#slotOf(key)] as number) - 1;
    if (unit < 0) return undefined;
    const kept = unit % DECODED_MAX;
    if (this.#decodedUnits[kept] === unit) return this.#decoded[kept];
    const chunk = this.#chunkOf(unit);
    const at = offsetOf(unit);
    const start = at + HEAD_BYTES + key.length;
    const encoded = chunk.subarray(start, start + chunk.readUInt32LE(at + LENGTH_AT));
    const message = fromBinary(this.#desc, encoded);
    this.#decodedUnits[kept] = unit;
    this.#decoded[kept] = message;
    return message;
  }

  #forget(unit: number): void {
    const kept = unit % DECODED_MAX;
    if (this.#decodedUnits[kept] !== unit) return;
    this.#decodedUnits[kept] = -1;
    this.#decoded[kept] = undefined;
  }

  #write(
    unit: number,
    record: { readonly key: Buffer; readonly encoded: Uint8Array; readonly revision: bigint },
  ): void {
    const { key, encoded, revision } = record;
    const chunk = this.#chunkOf(unit);
    const at = offsetOf(unit);
    chunk.writeBigUInt64LE(revision, at);
    chunk.writeUInt32LE(encoded.length, at + LENGTH_AT);
    chunk.writeUInt32LE(key.length, at + KEY_LENGTH_AT);
    key.copy(chunk, at + HEAD_BYTES);
    chunk.set(encoded, at + HEAD_BYTES + key.length);
  }

  /** The slot of a key, or the empty one where it would be. */
  #slotOf(key: Buffer): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(key, 0, key.length) & mask;
    for (;;) {
      const unit = (this.#slots[slot] as number) - 1;
      if (unit < 0 || this.#hasKey(unit, key)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #hasKey(unit: number, key: Buffer): boolean {
    const chunk = this.#chunkOf(unit);
    const at = offsetOf(unit);
    if (chunk.readUInt32LE(at + KEY_LENGTH_AT) !== key.length) return false;
    const start = at + HEAD_BYTES;
    for (let i = 0; i < key.length; i += 1) if (chunk[start + i] !== key[i]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (const entry of this.#slots) {
      if (entry === 0) continue;
      const chunk = this.#chunkOf(entry - 1);
      const at = offsetOf(entry - 1);
      const start = at + HEAD_BYTES;
      let slot = hashOf(chunk, start, start + chunk.readUInt32LE(at + KEY_LENGTH_AT)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
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

/** FNV-1a (RFC 9923) of some bytes, as 32 bits, the high ones mixed into the low ones. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
  return hash ^ (hash >>> 15);
}
