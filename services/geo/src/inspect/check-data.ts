import { isUtf8 } from "node:buffer";
import { ControlReader } from "../mmdb/control.ts";
import { valueType } from "../mmdb/value-type.ts";
import { Refusal } from "./refusal.ts";

const nestingMax = 32;
const unseen = 0;
const underWay = 1;
const sound = 2;

/** Largest content in bytes of each type with a bounded one. */
const sizesMax: Readonly<Record<number, number>> = {
  [valueType.uint16]: 2,
  [valueType.uint32]: 4,
  [valueType.int32]: 4,
  [valueType.uint64]: 8,
  [valueType.uint128]: 16,
  [valueType.boolean]: 1,
};

/**
 * Decodes every value that records reach, each once. Throws `Refusal` for values that are cut off or of no
 * known type, keys that are no text, bad UTF-8, numbers of impossible size, and values that contain themselves.
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
    if (depth > nestingMax) throw new Refusal(`values nest deeper than ${nestingMax}`);
    if (this.#control.isPointer(offset)) {
      const target = this.#control.target(offset);
      if (this.#control.isPointer(target)) throw bad(offset, "is a pointer to a pointer");
      if (this.#states[target] === underWay) throw bad(target, "contains itself");
      if (this.#states[target] === unseen) this.check(target, depth + 1);
      return this.#control.pointerEnd(offset);
    }
    this.#states[offset] = underWay;
    const end = this.#checkContent(offset, depth);
    this.#states[offset] = sound;
    return end;
  }

  #checkContent(offset: number, depth: number): number {
    const start = this.#control.open(offset);
    const { type, size } = this.#control;
    switch (type) {
      case valueType.map:
        return this.#checkEntries(start, size, depth, true);
      case valueType.array:
        return this.#checkEntries(start, size, depth, false);
      case valueType.text:
        return this.#checkText(offset, start, size);
      case valueType.double:
      case valueType.float:
        return this.#checkFloat(offset, start, size);
      case valueType.bytes:
        return this.#control.end(start, size);
      case valueType.boolean:
        if (size > 1) throw bad(offset, "is a boolean that is neither true nor false");
        return start;
      default: {
        const sizeMax = sizesMax[type];
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
        if (this.#control.type !== valueType.text) throw bad(position, "is a key but no text");
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
    const isDouble = this.#control.type === valueType.double;
    if (size !== (isDouble ? 8 : 4)) throw bad(offset, `is a float of ${size} bytes`);
    const end = this.#control.end(start, size);
    const value = isDouble ? this.#bytes.readDoubleBE(start) : this.#bytes.readFloatBE(start);
    if (!Number.isFinite(value)) throw bad(offset, `is the number ${value}`);
    return end;
  }
}

function bad(offset: number, problem: string): Refusal {
  return new Refusal(`the value at ${offset} ${problem}`);
}
