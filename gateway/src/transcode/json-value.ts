import {
  type DescEnum,
  type DescMessage,
  fromBinary,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { JsonBytes } from "./json-bytes.ts";
import { readerOf, readVarint32 } from "./wire-fields.ts";

/** Writes the value at these offsets of a serialized message. */
export type WriteValue = (bytes: Buffer, start: number, end: number, out: JsonBytes) => void;

const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");

/**
 * Writers of the messages that are strings in JSON, by their names: a Timestamp in RFC 3339 and UTC, a Duration in seconds
 * such as `60s`.
 */
export const TEXT_MESSAGES: ReadonlyMap<string, WriteValue> = new Map([
  [TimestampSchema.typeName, textWriter(TimestampSchema)],
  [DurationSchema.typeName, textWriter(DurationSchema)],
]);

function textWriter(desc: typeof TimestampSchema | typeof DurationSchema): WriteValue {
  return (bytes, start, end, out) => {
    const value = fromBinary<DescMessage>(desc, bytes.subarray(start, end));
    out.ascii(`"${toJson<DescMessage>(desc, value)}"`);
  };
}

/** Writes an enum by name; a number that the contract does not know stays a number. */
export function enumWriter(desc: DescEnum): WriteValue {
  const names = new Map(desc.values.map(({ number, name }) => [number, `"${name}"`]));
  return (bytes, start, _end, out) => {
    const number = readVarint32(bytes, start) | 0;
    out.ascii(names.get(number) ?? String(number));
  };
}

/**
 * Writes a scalar as proto3 JSON does: 64-bit integers as strings. A number that is not finite becomes `null`, as JSON has
 * no form for it. Errors: Error for a type that is not supported.
 */
export function scalarWriter(scalar: ScalarType): WriteValue {
  switch (scalar) {
    case ScalarType.STRING:
      return (bytes, start, end, out) => out.utf8(bytes, start, end);
    case ScalarType.BOOL:
      return (bytes, start, _end, out) => out.raw(bytes[start] === 0 ? FALSE : TRUE);
    case ScalarType.UINT32:
      return (bytes, start, _end, out) => out.ascii(String(readVarint32(bytes, start)));
    case ScalarType.INT32:
      return (bytes, start, _end, out) => out.ascii(String(readVarint32(bytes, start) | 0));
    case ScalarType.DOUBLE:
      return (bytes, start, _end, out) => {
        const value = bytes.readDoubleLE(start);
        out.ascii(Number.isFinite(value) ? String(value) : "null");
      };
    case ScalarType.INT64:
      return (bytes, start, end, out) => out.ascii(`"${readerOf(bytes, start, end).int64()}"`);
    case ScalarType.UINT64:
      return (bytes, start, end, out) => out.ascii(`"${readerOf(bytes, start, end).uint64()}"`);
    case ScalarType.BYTES:
      return (bytes, start, end, out) => out.ascii(`"${bytes.toString("base64", start, end)}"`);
    default:
      throw new Error(`scalars of type ${ScalarType[scalar]} are not supported in JSON`);
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
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return '"0"';
    default:
      return "0";
  }
}
