import type { JsonValue } from "@bufbuild/protobuf";

/** How text of a path or query, and JSON of a body, become a value of a field. */
export interface ValueType {
  /** Completes "must be …", for text. */
  readonly expected: string;
  /** Completes "must be …", for JSON. */
  readonly expectedInJson: string;
  /** Undefined for text that is not a value of the type. */
  readonly readText: (text: string) => unknown;
  /** Undefined for JSON that is not a value of the type. */
  readonly readJson: (json: JsonValue) => unknown;
}

/** A type whose values are strings in JSON, and read as text is. */
export function textType(expected: string, readText: (text: string) => unknown): ValueType {
  return {
    expected,
    expectedInJson: expected,
    readText,
    readJson: (json) => (typeof json === "string" ? readText(json) : undefined),
  };
}

/** The same type with its values changed as `convert` says. */
export function convertedType(type: ValueType, convert: (value: unknown) => unknown): ValueType {
  const converted = (value: unknown) => (value === undefined ? undefined : convert(value));
  return {
    ...type,
    readText: (text) => converted(type.readText(text)),
    readJson: (json) => converted(type.readJson(json)),
  };
}
