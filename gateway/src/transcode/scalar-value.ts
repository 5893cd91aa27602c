import { ScalarType } from "@bufbuild/protobuf";
import { readBase64 } from "./base64-text.ts";
import { readDecimal, readWhole } from "./number-text.ts";
import { textType, type ValueType } from "./value-type.ts";

const STRING = textType("a string", (text) => (text.isWellFormed() ? text : undefined));
const BYTES = textType("bytes in base64", readBase64);
const BOOL: ValueType = {
  expected: "true or false",
  expectedInJson: "true or false",
  readText(text) {
    if (text === "true") return true;
    return text === "false" ? false : undefined;
  },
  readJson: (json) => (typeof json === "boolean" ? json : undefined),
};
const DOUBLE = decimalType("a number", () => true);
const FLOAT = decimalType("a number that a 32-bit float can hold", isFloat);
const INT32 = type32(-(2 ** 31), 2 ** 31 - 1);
const UINT32 = type32(0, 2 ** 32 - 1);
const INT64 = type64(-(2n ** 63n), 2n ** 63n - 1n);
const UINT64 = type64(0n, 2n ** 64n - 1n);

/** The type of a scalar: 64-bit integers become bigint. Numbers may be texts in JSON, as proto3 JSON says. */
export function scalarType(scalar: ScalarType): ValueType {
  switch (scalar) {
    case ScalarType.STRING:
      return STRING;
    case ScalarType.BYTES:
      return BYTES;
    case ScalarType.BOOL:
      return BOOL;
    case ScalarType.DOUBLE:
      return DOUBLE;
    case ScalarType.FLOAT:
      return FLOAT;
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return INT32;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return UINT32;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return INT64;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return UINT64;
  }
}

function type32(min: number, max: number): ValueType {
  const expected = `a whole number from ${min} to ${max}`;
  const inRange = (value: number) => (value >= min && value <= max ? value : undefined);
  const readText = (text: string) => {
    const value = readWhole(text);
    return value === undefined ? undefined : inRange(Number(value));
  };
  return {
    expected,
    expectedInJson: expected,
    readText,
    readJson(json) {
      if (typeof json === "string") return readText(json);
      // The zero takes the sign from -0, which an integer has not.
      return Number.isInteger(json) ? inRange((json as number) + 0) : undefined;
    },
  };
}

function type64(min: bigint, max: bigint): ValueType {
  const expected = `a whole number from ${min} to ${max}`;
  const inRange = (value: bigint) => (value >= min && value <= max ? value : undefined);
  const readText = (text: string) => {
    const value = readWhole(text);
    return value === undefined ? undefined : inRange(value);
  };
  return {
    expected,
    expectedInJson: `${expected}, as a string beyond 2^53 - 1`,
    readText,
    readJson(json) {
      if (typeof json === "string") return readText(json);
      // Beyond, the parser of JSON has rounded it.
      return Number.isSafeInteger(json) ? inRange(BigInt(json as number)) : undefined;
    },
  };
}

function decimalType(expected: string, isInRange: (value: number) => boolean): ValueType {
  const readText = (text: string) => {
    const value = readDecimal(text);
    return value !== undefined && isInRange(value) ? value : undefined;
  };
  return {
    expected,
    expectedInJson: expected,
    readText,
    readJson(json) {
      if (typeof json === "string") return readText(json);
      return typeof json === "number" && Number.isFinite(json) && isInRange(json)
        ? json
        : undefined;
    },
  };
}

function isFloat(value: number): boolean {
  return !Number.isFinite(value) || Number.isFinite(Math.fround(value));
}
