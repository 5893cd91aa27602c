import { type DescEnum, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { type JsonBytes, textOf } from "./json-bytes.ts";
import { readerOf, readVarint32 } from "./wire-fields.ts";

/** Writes the value at these offsets of a serialized message. */
export type WriteValue = (bytes: Buffer, start: number, end: number, out: JsonBytes) => void;

/** The text of the value at these offsets, without the quotes that it may have in JSON. */
export type ReadText = (bytes: Buffer, start: number, end: number) => string;

const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const NULL_ENUM = "google.protobuf.NullValue";
/** A varint of no more bytes fits in 32 bits. */
const SHORT_BYTES_MAX = 4;
/** Every integer below it is a float. */
const FLOAT_INTEGER_END = 2 ** 24;
const FLOAT_NORMAL_MIN = 2 ** -126;
/** Numbers of so many digits are different floats; a float that is not subnormal has no shorter text than theirs. */
const FLOAT_DIGITS = 6;

/** Writes an enum by name, of several the first; a number that the contract does not know stays a number; NullValue is null. */
export function enumWriter(desc: DescEnum): WriteValue {
  const names = new Map(
    desc.values.map(({ number }) => [number, Buffer.from(enumText(desc, number))]),
  );
  return (bytes, start, _end, out) => {
    const number = readVarint32(bytes, start) | 0;
    const name = names.get(number);
    if (name === undefined) out.ascii(enumText(desc, number));
    else out.raw(name);
  };
}

/** An enum in JSON, as `enumWriter` writes it. */
export function enumText(desc: DescEnum, number: number): string {
  if (desc.typeName === NULL_ENUM) return "null";
  const name = desc.value[number]?.jsonName;
  return name === undefined ? String(number) : JSON.stringify(name);
}

/**
 * Writes a scalar as proto3 JSON does: 64-bit integers as strings, numbers that are not finite as `"NaN"`, `"Infinity"` and
 * `"-Infinity"`, bytes in base64. A float has the fewest digits that read back as the same float.
 */
export function scalarWriter(scalar: ScalarType): WriteValue {
  switch (scalar) {
    case ScalarType.STRING:
      return (bytes, start, end, out) => out.utf8(bytes, start, end);
    case ScalarType.BYTES:
      return (bytes, start, end, out) => out.ascii(`"${bytes.toString("base64", start, end)}"`);
    case ScalarType.BOOL:
      return (bytes, start, _end, out) => out.raw(isTrue(bytes, start) ? TRUE : FALSE);
    case ScalarType.UINT32:
      return (bytes, start, _end, out) => out.ascii(String(readVarint32(bytes, start)));
    case ScalarType.INT32:
      return (bytes, start, _end, out) => out.ascii(String(readVarint32(bytes, start) | 0));
    case ScalarType.DOUBLE:
      return (bytes, start, _end, out) => out.ascii(numberText(bytes.readDoubleLE(start)));
    case ScalarType.FLOAT:
      return (bytes, start, _end, out) => out.ascii(floatText(bytes.readFloatLE(start)));
    default: {
      const read = textReader(scalar);
      return hasQuotes(scalar)
        ? (bytes, start, end, out) => out.ascii(`"${read(bytes, start, end)}"`)
        : (bytes, start, end, out) => out.ascii(read(bytes, start, end));
    }
  }
}

/** Reads an integer, a truth value or a string as text: what may be the key of a map. Errors: Error for another type. */
export function textReader(scalar: ScalarType): ReadText {
  switch (scalar) {
    case ScalarType.STRING:
      return textOf;
    case ScalarType.BOOL:
      return (bytes, start) => String(isTrue(bytes, start));
    case ScalarType.INT32:
      return (bytes, start) => String(readVarint32(bytes, start) | 0);
    case ScalarType.UINT32:
      return (bytes, start) => String(readVarint32(bytes, start));
    case ScalarType.SINT32:
      return (bytes, start) => String(unZigZag(readVarint32(bytes, start)));
    case ScalarType.FIXED32:
      return (bytes, start) => String(bytes.readUInt32LE(start));
    case ScalarType.SFIXED32:
      return (bytes, start) => String(bytes.readInt32LE(start));
    case ScalarType.FIXED64:
      return (bytes, start) => String(bytes.readBigUInt64LE(start));
    case ScalarType.SFIXED64:
      return (bytes, start) => String(bytes.readBigInt64LE(start));
    case ScalarType.INT64:
      return (bytes, start, end) =>
        String(
          end - start > SHORT_BYTES_MAX
            ? readerOf(bytes, start, end).int64()
            : readVarint32(bytes, start),
        );
    case ScalarType.UINT64:
      return (bytes, start, end) =>
        String(
          end - start > SHORT_BYTES_MAX
            ? readerOf(bytes, start, end).uint64()
            : readVarint32(bytes, start),
        );
    case ScalarType.SINT64:
      return (bytes, start, end) => String(readerOf(bytes, start, end).sint64());
    default:
      throw new Error(`a ${ScalarType[scalar]} is no key of a map`);
  }
}

/** How a missing scalar is written, where the contract gives it a default. */
export function scalarDefault(scalar: ScalarType): string {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return '""';
    case ScalarType.BOOL:
      return "false";
    default:
      return hasQuotes(scalar) ? '"0"' : "0";
  }
}

/** How a scalar that stands alone, not in a packed list, is encoded. */
export function wireTypeOf(scalar: ScalarType): WireType {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}

/** True for the integers of 64 bits, which are strings in JSON. */
function hasQuotes(scalar: ScalarType): boolean {
  switch (scalar) {
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return true;
    default:
      return false;
  }
}

/** True where any of the seven bits is set that each byte of a varint has. */
function isTrue(bytes: Buffer, at: number): boolean {
  while (bytes[at] === 0x80) at += 1;
  return bytes[at] !== 0;
}

/** The signed integer of 32 bits that ZigZag made unsigned. */
const unZigZag = (value: number) => (value >>> 1) ^ -(value & 1);

function numberText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : String(value);
}

function floatText(value: number): string {
  // Not finite, zero, or an integer that no other float is near: the text of the number is the shortest.
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < FLOAT_INTEGER_END)) {
    return numberText(value);
  }
  let digits = Math.abs(value) < FLOAT_NORMAL_MIN ? 1 : FLOAT_DIGITS;
  for (;;) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
    digits += 1;
  }
}
