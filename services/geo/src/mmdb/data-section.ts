import { ControlReader } from "./control.ts";
import { CorruptMmdbError } from "./corrupt-mmdb-error.ts";
import { VALUE_TYPE } from "./value-type.ts";

const NESTING_MAX = 32;
/** No name that a publisher writes is nearly as long, and many answers with longer texts would not fit into a message. */
export const TEXT_BYTES_MAX = 1000;

const NUMERIC_TYPES: ReadonlySet<number> = new Set([
  ...[VALUE_TYPE.double, VALUE_TYPE.float, VALUE_TYPE.int32],
  ...[VALUE_TYPE.uint16, VALUE_TYPE.uint32, VALUE_TYPE.uint64, VALUE_TYPE.uint128],
]);

/** The offset that stands for a value that is missing. */
export const ABSENT = -1;

/**
 * Reads single values out of an MMDB data section without decoding the maps around them. A value is known by its byte
 * offset; `find` follows pointers, so that an offset it returns is never that of a pointer. Errors: CorruptMmdbError where
 * the bytes end too early or a pointer leads outside of them.
 */
export class DataSection {
  readonly bytes: Buffer;
  readonly #control: ControlReader;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#control = new ControlReader(bytes);
  }

  /** The offset itself, or the target of a pointer that is there. */
  resolve(offset: number): number {
    if (offset === ABSENT) return ABSENT;
    if (!this.#control.isPointer(offset)) return offset;
    const target = this.#control.target(offset);
    if (this.#control.isPointer(target)) {
      throw new CorruptMmdbError(`a pointer at ${offset} leads to a pointer`);
    }
    return target;
  }

  /** How many entries the map has that `mapStart` opened last. */
  mapSize = 0;

  /** Where the entries of a map start, keys and values in turn. Sets `mapSize`, to 0 if there is no map at the offset. */
  mapStart(map: number): number {
    this.mapSize = 0;
    if (map === ABSENT) return ABSENT;
    const start = this.#control.open(map);
    if (this.#control.type === VALUE_TYPE.map) this.mapSize = this.#control.size;
    return start;
  }

  /** The offset of a key's value; ABSENT if the map lacks the key, and if there is no map at the offset. */
  find(map: number, key: string): number {
    if (map === ABSENT) return ABSENT;
    let position = this.mapStart(map);
    for (let left = this.mapSize; left > 0; left--) {
      const found = this.text(this.resolve(position)) === key;
      position = this.skip(position);
      if (found) return this.resolve(position);
      position = this.skip(position);
    }
    return ABSENT;
  }

  /** The offset of the element of an array with an index from 0 on; ABSENT if there is none. */
  element(array: number, index: number): number {
    if (array === ABSENT) return ABSENT;
    let position = this.#control.open(array);
    if (this.#control.type !== VALUE_TYPE.array || this.#control.size <= index) return ABSENT;
    for (let left = index; left > 0; left--) position = this.skip(position);
    return this.resolve(position);
  }

  /** A text of at most 1,000 bytes; undefined for an empty one, a longer one and for other types. */
  text(offset: number): string | undefined {
    if (offset === ABSENT) return undefined;
    const start = this.#control.open(offset);
    const { type, size } = this.#control;
    if (type !== VALUE_TYPE.text || size === 0 || size > TEXT_BYTES_MAX) return undefined;
    return this.bytes.toString("utf8", start, this.#control.end(start, size));
  }

  /** True for the offset of a text of 0 bytes. */
  isEmptyText(offset: number): boolean {
    this.#control.open(offset);
    return this.#control.type === VALUE_TYPE.text && this.#control.size === 0;
  }

  /** A number of any numeric type; undefined for one that JavaScript does not hold exactly, and for other types. */
  number(offset: number): number | undefined {
    if (offset === ABSENT) return undefined;
    const start = this.#control.open(offset);
    const { type, size } = this.#control;
    // The size of any other type is not that of its content: a boolean has none, and may be the last byte.
    if (!NUMERIC_TYPES.has(type)) return undefined;
    this.#control.end(start, size);
    switch (type) {
      case VALUE_TYPE.double:
        return size === 8 ? this.bytes.readDoubleBE(start) : undefined;
      case VALUE_TYPE.float:
        return size === 4 ? this.bytes.readFloatBE(start) : undefined;
      case VALUE_TYPE.int32:
        return size === 4 ? this.bytes.readInt32BE(start) : this.#unsigned(start, size);
      default:
        return this.#unsigned(start, size);
    }
  }

  /** True for the offset of a map. */
  isMap(offset: number): boolean {
    this.#control.open(offset);
    return this.#control.type === VALUE_TYPE.map;
  }

  /** A boolean; undefined for other types. */
  boolean(offset: number): boolean | undefined {
    if (offset === ABSENT) return undefined;
    this.#control.open(offset);
    return this.#control.type === VALUE_TYPE.boolean ? this.#control.size === 1 : undefined;
  }

  #unsigned(start: number, size: number): number | undefined {
    if (size === 0) return 0;
    return size <= 6 ? this.bytes.readUIntBE(start, size) : undefined;
  }

  /** Where the value after the one at `offset` starts. Values nest at most 32 deep. */
  skip(offset: number, depth = 0): number {
    if (depth > NESTING_MAX) throw new CorruptMmdbError(`values nest deeper than ${NESTING_MAX}`);
    if (this.#control.isPointer(offset)) return this.#control.pointerEnd(offset);
    let position = this.#control.open(offset);
    const type = this.#control.type;
    const size = this.#control.size;
    if (type === VALUE_TYPE.boolean) return position;
    if (type !== VALUE_TYPE.map && type !== VALUE_TYPE.array)
      return this.#control.end(position, size);
    for (let left = type === VALUE_TYPE.map ? size * 2 : size; left > 0; left--) {
      position = this.skip(position, depth + 1);
    }
    return position;
  }
}
