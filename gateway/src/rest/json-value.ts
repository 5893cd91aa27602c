import { type DescEnum, ScalarType, toJson } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { JsonBytes } from "./json-bytes.ts";

/** Writes a value of one type. The value must be of that type. */
export type WriteValue = (value: never, out: JsonBytes) => void;

/** RFC 3339 in UTC. */
export function writeTimestamp(value: Timestamp, out: JsonBytes): void {
  out.string(toJson(TimestampSchema, value));
}

/** By name; a number that the contract does not know stays a number. */
export function enumWriter(desc: DescEnum): WriteValue {
  const names = new Map(desc.values.map(({ number, name }) => [number, `"${name}"`]));
  return (value: number, out) => out.ascii(names.get(value) ?? String(value));
}

/** 64-bit integers become strings, as proto3 JSON has it. What is not finite is `null`: JSON has no word for it. */
export function scalarWriter(scalar: ScalarType): WriteValue {
  switch (scalar) {
    case ScalarType.STRING:
      return (value: string, out) => out.string(value);
    case ScalarType.BYTES:
      return (value: Uint8Array, out) => out.string(Buffer.from(value).toString("base64"));
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (value: number, out) => out.ascii(Number.isFinite(value) ? String(value) : "null");
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return (value: bigint, out) => out.ascii(`"${value}"`);
    default:
      return (value: number | boolean, out) => out.ascii(String(value));
  }
}
