import { CorruptMmdb } from "./corrupt-mmdb.ts";
import { valueType } from "./value-type.ts";

/** What the accessors take and give for a value that is not there. */
export const absent = -1;

const pointerBases = [0, 2048, 526336, 0];

/**
 * Reads single values out of an MMDB data section without decoding the maps around them. Values are
 * named by their byte offset; `find` follows pointers, so an offset never names a pointer.
 * Throws `CorruptMmdb` where the bytes end too early or a pointer leads nowhere.
 */
export class DataSection {
  readonly bytes: Buffer;
  readonly #keys: Map<number, string> = new Map();
  #type = 0;
  #size = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The offset that a value at `offset` really stands at: past its pointer, if it is one. */
  resolve(offset: number): number {
    if (offset === absent) return absent;
    if (this.#byte(offset) >> 5 !== valueType.pointer) return offset;
    const target = this.#target(offset);
    if (this.#byte(target) >> 5 === valueType.pointer) {
      throw new CorruptMmdb(`a pointer at ${offset} leads to a pointer`);
    }
    return target;
  }

  /** The value of a key, or `absent`, also when there is no map at `map`. */
  find(map: number, key: string): number {
    if (map === absent) return absent;
    let position = this.#open(map);
    if (this.#type !== valueType.map) return absent;
    for (let left = this.#size; left > 0; left--) {
      const found = this.#key(position) === key;
      position = this.#skip(position, 0);
      if (found) return this.resolve(position);
      position = this.#skip(position, 0);
    }
    return absent;
  }

  /** The first element of an array, or `absent`. */
  first(array: number): number {
    if (array === absent) return absent;
    const position = this.#open(array);
    return this.#type === valueType.array && this.#size > 0 ? this.resolve(position) : absent;
  }

  /** A text that is not empty. */
  text(offset: number): string | undefined {
    if (offset === absent) return undefined;
    const start = this.#open(offset);
    if (this.#type !== valueType.text || this.#size === 0) return undefined;
    return this.bytes.toString("utf8", start, this.#bounded(start, this.#size));
  }

  /** A number of any numeric type that JavaScript holds exactly. */
  number(offset: number): number | undefined {
    if (offset === absent) return undefined;
    const start = this.#open(offset);
    const size = this.#size;
    this.#bounded(start, size);
    switch (this.#type) {
      case valueType.double:
        return size === 8 ? this.bytes.readDoubleBE(start) : undefined;
      case valueType.float:
        return size === 4 ? this.bytes.readFloatBE(start) : undefined;
      case valueType.int32:
        return size === 4 ? this.bytes.readInt32BE(start) : this.#unsigned(start, size);
      case valueType.uint16:
      case valueType.uint32:
      case valueType.uint64:
      case valueType.uint128:
        return this.#unsigned(start, size);
      default:
        return undefined;
    }
  }

  isMap(offset: number): boolean {
    this.#open(offset);
    return this.#type === valueType.map;
  }

  boolean(offset: number): boolean | undefined {
    if (offset === absent) return undefined;
    this.#open(offset);
    return this.#type === valueType.boolean ? this.#size === 1 : undefined;
  }

  #unsigned(start: number, size: number): number | undefined {
    if (size === 0) return 0;
    return size <= 6 ? this.bytes.readUIntBE(start, size) : undefined;
  }

  #key(offset: number): string {
    const at = this.resolve(offset);
    const known = this.#keys.get(at);
    if (known !== undefined) return known;
    const key = this.text(at) ?? "";
    if (at !== offset) this.#keys.set(at, key);
    return key;
  }

  /** Reads the control bytes of a value into `#type` and `#size` and returns where its content starts. */
  #open(offset: number): number {
    const control = this.#byte(offset);
    let position = offset + 1;
    this.#type = control >> 5;
    if (this.#type === 0) this.#type = this.#byte(position++) + 7;
    const size = control & 31;
    if (size < 29) {
      this.#size = size;
      return position;
    }
    if (size === 29) this.#size = 29 + this.#byte(position);
    else if (size === 30) this.#size = 285 + this.#uint(position, 2);
    else this.#size = 65821 + this.#uint(position, 3);
    return position + size - 28;
  }

  #target(offset: number): number {
    const control = this.#byte(offset);
    const size = (control >> 3) & 3;
    const high = size === 3 ? 0 : (control & 7) * 256 ** (size + 1);
    return (pointerBases[size] as number) + high + this.#uint(offset + 1, size + 1);
  }

  /** Where the value after the one at `offset` starts. */
  #skip(offset: number, depth: number): number {
    if (depth > nestingMax) throw new CorruptMmdb(`values nest deeper than ${nestingMax}`);
    const control = this.#byte(offset);
    if (control >> 5 === valueType.pointer) return offset + 2 + ((control >> 3) & 3);
    let position = this.#open(offset);
    const type = this.#type;
    const size = this.#size;
    if (type === valueType.boolean) return position;
    if (type !== valueType.map && type !== valueType.array) return this.#bounded(position, size);
    for (let left = type === valueType.map ? size * 2 : size; left > 0; left--) {
      position = this.#skip(position, depth + 1);
    }
    return position;
  }

  #bounded(start: number, size: number): number {
    if (start + size > this.bytes.length) throw new CorruptMmdb(`a value at ${start} is cut off`);
    return start + size;
  }

  #byte(offset: number): number {
    const byte = this.bytes[offset];
    if (byte === undefined) throw new CorruptMmdb(`offset ${offset} is outside the data`);
    return byte;
  }

  #uint(offset: number, size: number): number {
    this.#bounded(offset, size);
    return this.bytes.readUIntBE(offset, size);
  }
}

const nestingMax = 32;
