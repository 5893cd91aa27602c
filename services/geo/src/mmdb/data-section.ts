import { ControlReader } from "./control.ts";
import { CorruptMmdb } from "./corrupt-mmdb.ts";
import { valueType } from "./value-type.ts";

const nestingMax = 32;

/** What the accessors take and give for a value that is not there. */
export const absent = -1;

/**
 * Reads single values out of an MMDB data section without decoding the maps around them. Values are
 * named by their byte offset; `find` follows pointers, so an offset never names a pointer.
 * Throws `CorruptMmdb` where the bytes end too early or a pointer leads nowhere.
 */
export class DataSection {
  readonly bytes: Buffer;
  readonly #control: ControlReader;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#control = new ControlReader(bytes);
  }

  /** The offset that a value at `offset` really stands at: past its pointer, if it is one. */
  resolve(offset: number): number {
    if (offset === absent) return absent;
    if (!this.#control.isPointer(offset)) return offset;
    const target = this.#control.target(offset);
    if (this.#control.isPointer(target)) {
      throw new CorruptMmdb(`a pointer at ${offset} leads to a pointer`);
    }
    return target;
  }

  /** Entries of the map that `mapStart` opened last. */
  mapSize = 0;

  /** Where the entries of a map start, which are keys and values in turn; `mapSize` is 0 where there is no map. */
  mapStart(map: number): number {
    this.mapSize = 0;
    if (map === absent) return absent;
    const start = this.#control.open(map);
    if (this.#control.type === valueType.map) this.mapSize = this.#control.size;
    return start;
  }

  /** The value of a key, or `absent`, also when there is no map at `map`. */
  find(map: number, key: string): number {
    if (map === absent) return absent;
    let position = this.mapStart(map);
    for (let left = this.mapSize; left > 0; left--) {
      const found = this.text(this.resolve(position)) === key;
      position = this.skip(position);
      if (found) return this.resolve(position);
      position = this.skip(position);
    }
    return absent;
  }

  /** The first element of an array, or `absent`. */
  first(array: number): number {
    if (array === absent) return absent;
    const position = this.#control.open(array);
    return this.#control.type === valueType.array && this.#control.size > 0
      ? this.resolve(position)
      : absent;
  }

  /** A text that is not empty. */
  text(offset: number): string | undefined {
    if (offset === absent) return undefined;
    const start = this.#control.open(offset);
    if (this.#control.type !== valueType.text || this.#control.size === 0) return undefined;
    return this.bytes.toString("utf8", start, this.#control.end(start, this.#control.size));
  }

  /** A number of any numeric type that JavaScript holds exactly. */
  number(offset: number): number | undefined {
    if (offset === absent) return undefined;
    const start = this.#control.open(offset);
    const size = this.#control.size;
    this.#control.end(start, size);
    switch (this.#control.type) {
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
    this.#control.open(offset);
    return this.#control.type === valueType.map;
  }

  boolean(offset: number): boolean | undefined {
    if (offset === absent) return undefined;
    this.#control.open(offset);
    return this.#control.type === valueType.boolean ? this.#control.size === 1 : undefined;
  }

  #unsigned(start: number, size: number): number | undefined {
    if (size === 0) return 0;
    return size <= 6 ? this.bytes.readUIntBE(start, size) : undefined;
  }

  /** Where the value after the one at `offset` starts. */
  skip(offset: number, depth = 0): number {
    if (depth > nestingMax) throw new CorruptMmdb(`values nest deeper than ${nestingMax}`);
    if (this.#control.isPointer(offset)) return this.#control.pointerEnd(offset);
    let position = this.#control.open(offset);
    const type = this.#control.type;
    const size = this.#control.size;
    if (type === valueType.boolean) return position;
    if (type !== valueType.map && type !== valueType.array)
      return this.#control.end(position, size);
    for (let left = type === valueType.map ? size * 2 : size; left > 0; left--) {
      position = this.skip(position, depth + 1);
    }
    return position;
  }
}
