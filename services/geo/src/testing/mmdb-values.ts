import { VALUE_TYPE } from "../mmdb/value-type.ts";

/** A value with its type in the file. */
class TypedValue {
  readonly type: number;
  readonly content: Buffer;

  constructor(type: number, content: Buffer) {
    this.type = type;
    this.content = content;
  }
}

/** A value for the writer. Plain ones have the obvious type; `mmdb` makes those of other types. */
export type MmdbValue =
  | string
  | number
  | boolean
  | TypedValue
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue };

function unsigned(type: number, value: number | bigint): TypedValue {
  const hex = value.toString(16);
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  return new TypedValue(type, BigInt(value) === 0n ? Buffer.alloc(0) : Buffer.from(digits, "hex"));
}

function float(type: number, value: number): TypedValue {
  const content = Buffer.alloc(type === VALUE_TYPE.double ? 8 : 4);
  if (type === VALUE_TYPE.double) content.writeDoubleBE(value);
  else content.writeFloatBE(value);
  return new TypedValue(type, content);
}

function int32(value: number): TypedValue {
  const content = Buffer.alloc(4);
  content.writeInt32BE(value);
  return new TypedValue(VALUE_TYPE.int32, content);
}

/** Makes values of types that JavaScript does not tell apart. */
export const mmdb = {
  uint16: (value: number) => unsigned(VALUE_TYPE.uint16, value),
  uint64: (value: bigint) => unsigned(VALUE_TYPE.uint64, value),
  uint128: (value: bigint) => unsigned(VALUE_TYPE.uint128, value),
  int32,
  double: (value: number) => float(VALUE_TYPE.double, value),
  float: (value: number) => float(VALUE_TYPE.float, value),
  bytes: (content: Buffer) => new TypedValue(VALUE_TYPE.bytes, content),
  /** Any type and content, for malformed files. */
  raw: (type: number, content: Buffer) => new TypedValue(type, content),
};

/** Writes values into a data section. Equal texts and maps are written once and reached by pointers. */
export class DataWriter {
  readonly #chunks: Buffer[] = [];
  readonly #offsets: Map<string, number> = new Map();
  length = 0;

  /** Writes a value that records point to and returns its offset, which is the same for an equal value. */
  add(value: MmdbValue): number {
    const key = JSON.stringify(value);
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    const encoded = this.encode(value);
    const offset = this.length;
    this.#chunks.push(encoded);
    this.length += encoded.length;
    this.#offsets.set(key, offset);
    return offset;
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Encodes a value whose parts are pointers to what was written before it. */
  encode(value: MmdbValue): Buffer {
    if (typeof value === "string") return withControl(VALUE_TYPE.text, Buffer.from(value));
    if (typeof value === "boolean") return control(VALUE_TYPE.boolean, value ? 1 : 0);
    if (typeof value === "number") {
      return this.encode(
        Number.isInteger(value) ? unsigned(VALUE_TYPE.uint32, value) : mmdb.double(value),
      );
    }
    if (value instanceof TypedValue) return withControl(value.type, value.content);
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#part(item));
      return Buffer.concat([control(VALUE_TYPE.array, items.length), ...items]);
    }
    const entries = Object.entries(value);
    const parts = entries.flatMap(([key, item]) => [this.#part(key), this.#part(item)]);
    return Buffer.concat([control(VALUE_TYPE.map, entries.length), ...parts]);
  }

  /** Encodes a value with its parts in place, as in the metadata. */
  encodeInline(value: MmdbValue): Buffer {
    if (typeof value !== "object" || value instanceof TypedValue) return this.encode(value);
    if (Array.isArray(value)) {
      const items = value.map((item) => this.encodeInline(item));
      return Buffer.concat([control(VALUE_TYPE.array, items.length), ...items]);
    }
    const entries = Object.entries(value);
    const parts = entries.flatMap(([key, item]) => [this.encode(key), this.encodeInline(item)]);
    return Buffer.concat([control(VALUE_TYPE.map, entries.length), ...parts]);
  }

  #part(value: MmdbValue): Buffer {
    const isShared =
      typeof value === "string" || (typeof value === "object" && !(value instanceof TypedValue));
    return isShared ? pointer(this.add(value)) : this.encode(value);
  }
}

function withControl(type: number, content: Buffer): Buffer {
  return Buffer.concat([control(type, content.length), content]);
}

/** The control bytes of a type and a size. */
export function control(type: number, size: number): Buffer {
  const first = type < 8 ? type << 5 : 0;
  const extension = type < 8 ? [] : [type - 7];
  if (size < 29) return Buffer.from([first | size, ...extension]);
  if (size < 285) return Buffer.from([first | 29, ...extension, size - 29]);
  const rest = size < 65821 ? size - 285 : size - 65821;
  const bytes =
    size < 65821 ? [rest >> 8, rest & 255] : [rest >> 16, (rest >> 8) & 255, rest & 255];
  return Buffer.from([first | (size < 65821 ? 30 : 31), ...extension, ...bytes]);
}

/** A pointer in the shortest of its four forms. */
export function pointer(target: number): Buffer {
  const lead = VALUE_TYPE.pointer << 5;
  if (target < 2048) return Buffer.from([lead | (target >> 8), target & 255]);
  if (target < 526336) {
    const rest = target - 2048;
    return Buffer.from([lead | 8 | (rest >> 16), (rest >> 8) & 255, rest & 255]);
  }
  if (target < 134744064) {
    const rest = target - 526336;
    return Buffer.from([
      lead | 16 | (rest >> 24),
      (rest >> 16) & 255,
      (rest >> 8) & 255,
      rest & 255,
    ]);
  }
  const far = Buffer.from([lead | 24, 0, 0, 0, 0]);
  far.writeUInt32BE(target, 1);
  return far;
}
