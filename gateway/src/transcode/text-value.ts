import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  ScalarType,
} from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { isDurationText, isTimestampText } from "./time-text.ts";

/** How the text of a path or query becomes a value of a field. */
export interface TextType {
  /** Completes "must be …". */
  readonly expected: string;
  /** Undefined for text that is not a value of the type. */
  readonly read: (text: string) => unknown;
}

const WHOLE = /^-?\d{1,20}$/;
const DECIMAL = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** The type of a field, or of the elements of a list. Undefined for a type that a path or query cannot hold. */
export function textTypeOf(field: DescField): TextType | undefined {
  if (field.fieldKind === "map") return undefined;
  if (field.scalar !== undefined) return scalarType(field.scalar);
  if (field.enum !== undefined) return enumType(field.enum);
  return TEXT_MESSAGES.get(field.message?.typeName ?? "");
}

function scalarType(scalar: ScalarType): TextType | undefined {
  switch (scalar) {
    case ScalarType.STRING:
      return { expected: "a string", read: (text) => text };
    case ScalarType.BOOL:
      return { expected: "true or false", read: readBoolean };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { expected: "a number", read: readNumber };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return wholeNumber(-(2n ** 31n), 2n ** 31n - 1n, Number);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return wholeNumber(0n, 2n ** 32n - 1n, Number);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return wholeNumber(-(2n ** 63n), 2n ** 63n - 1n, (value) => value);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return wholeNumber(0n, 2n ** 64n - 1n, (value) => value);
    default:
      return undefined;
  }
}

function wholeNumber(min: bigint, max: bigint, convert: (value: bigint) => unknown): TextType {
  return {
    expected: `a whole number from ${min} to ${max}`,
    read(text) {
      const value = WHOLE.test(text) ? BigInt(text) : undefined;
      return value !== undefined && value >= min && value <= max ? convert(value) : undefined;
    },
  };
}

function readBoolean(text: string): boolean | undefined {
  if (text === "true") return true;
  return text === "false" ? false : undefined;
}

function readNumber(text: string): number | undefined {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** An enum by name, in any case. */
function enumType({ values }: DescEnum): TextType {
  const numbers = new Map(values.map(({ name, number }) => [name.toUpperCase(), number]));
  const names = values.map(({ name }) => name).filter((name) => !name.endsWith("_UNSPECIFIED"));
  return {
    expected: `one of ${names.join(", ")}`,
    read: (text) => numbers.get(text.toUpperCase()),
  };
}

/** The messages that are strings in JSON, by their names. */
const TEXT_MESSAGES: ReadonlyMap<string, TextType> = new Map([
  [
    TimestampSchema.typeName,
    messageType(TimestampSchema, "a time such as 2026-01-31T00:00:00Z", isTimestampText),
  ],
  [
    DurationSchema.typeName,
    messageType(DurationSchema, "a duration in seconds such as 60s", isDurationText),
  ],
]);

function messageType(
  desc: DescMessage,
  expected: string,
  isText: (text: string) => boolean,
): TextType {
  return {
    expected,
    read(text) {
      if (!isText(text)) return undefined;
      try {
        return fromJson(desc, text);
      } catch {
        return undefined;
      }
    },
  };
}
