import { isUtf8 } from "node:buffer";
import { ControlReader } from "../mmdb/control.ts";
import { VALUE_TYPE } from "../mmdb/value-type.ts";
import { RefusalError } from "./refusal-error.ts";

const NESTING_MAX = 32;
const UNSEEN = 0;
const UNDER_WAY = 1;
const SOUND = 2;

/** The largest content of each type of a bounded size, in bytes. */
const SIZES_MAX: Readonly<Record<number, number>> = {
  [VALUE_TYPE.uint16]: 2,
  [VALUE_TYPE.uint32]: 4,
  [VALUE_TYPE.int32]: 4,
  [VALUE_TYPE.uint64]: 8,
  [VALUE_TYPE.uint128]: 16,
  [VALUE_TYPE.boolean]: 1,
};

/**
 * Decodes every value that records reach, each once. Errors: RefusalError for a value that is cut off, of an unknown type
 * or size, nested deeper than 32 or within itself, for a key that is not a text, and for invalid UTF-8; CorruptMmdbError for
 * an offset outside the data.
 */
export class DataCheck {
  readonly #bytes: Buffer;
  readonly #control: ControlReader;
  readonly #states: Uint8Array;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#control = new ControlReader(bytes);
    this.#states = new Uint8Array(bytes.length);
  }

  /** Checks the value at an offset and returns where it ends. */
  check(offset: number, depth = 0): number {
    if (depth > NESTING_MAX) throw new RefusalError(`values nest deeper than ${NESTING_MAX}`);
    if (this.#control.isPointer(offset)) {
      const target = this.#control.target(offset);
      if (this.#control.isPointer(target)) throw bad(offset, "is a pointer to a pointer");
      if (this.#states[target] === UNDER_WAY) throw bad(target, "contains itself");
      if (this.#states[target] === UNSEEN) this.check(target, depth + 1);
      return this.#control.pointerEnd(offset);
    }
    this.#states[offset] = UNDER_WAY;
    const end = this.#checkContent(offset, depth);
    this.#states[offset] = SOUND;
    return end;
  }

  #checkContent(offset: number, depth: number): number {
    const start = this.#control.open(offset);
    const { type, size } = this.#control;
    switch (type) {
      case VALUE_TYPE.map:
        return this.#checkEntries(start, size, depth, true);
      case VALUE_TYPE.array:
        return this.#checkEntries(start, size, depth, false);
      case VALUE_TYPE.text:
        return this.#checkText(offset, start, size);
      case VALUE_TYPE.double:
      case VALUE_TYPE.float:
        return this.#checkFloat(offset, start, size);
      case VALUE_TYPE.bytes:
        return this.#control.end(start, size);
      case VALUE_TYPE.boolean:
        if (size > 1) throw bad(offset, "is a boolean that is neither true nor false");
        return start;
      default: {
        const sizeMax = SIZES_MAX[type];
        if (sizeMax === undefined) throw bad(offset, `has the unknown type ${type}`);
        if (size > sizeMax) throw bad(offset, `is a number of ${size} bytes`);
        return this.#control.end(start, size);
      }
    }
  }

  #checkEntries(start: number, size: number, depth: number, isMap: boolean): number {
    let position = start;
    for (let left = size; left > 0; left--) {
      if (isMap) {
        const key = this.#control.isPointer(position) ? this.#control.target(position) : position;
        this.#control.open(key);
        if (this.#control.type !== VALUE_TYPE.text)
          throw bad(position, "is a key that is not a text");
        position = this.check(position, depth + 1);
      }
      position = this.check(position, depth + 1);
    }
    return position;
  }

  #checkText(offset: number, start: number, size: number): number {
    const end = this.#control.end(start, size);
    if (!isUtf8(this.#bytes.subarray(start, end))) throw bad(offset, "is not UTF-8");
    return end;
  }

  #checkFloat(offset: number, start: number, size: number): number {
    const isDouble = this.#control.type === VALUE_TYPE.double;
    if (size !== (isDouble ? 8 : 4)) throw bad(offset, `is a float of ${size} bytes`);
    const end = this.#control.end(start, size);
    const value = isDouble ? this.#bytes.readDoubleBE(start) : this.#bytes.readFloatBE(start);
    if (!Number.isFinite(value)) throw bad(offset, `is the number ${value}`);
    return end;
  }
}

function bad(offset: number, problem: string): RefusalError {
  return new RefusalError(`the value at ${offset} ${problem}`);
}
