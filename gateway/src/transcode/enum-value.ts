import type { DescEnum, JsonValue } from "@bufbuild/protobuf";
import { readWhole } from "./number-text.ts";
import type { ValueType } from "./value-type.ts";

const NAMES_MAX = 20;
const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;
const NULL_VALUE = "google.protobuf.NullValue";

/**
 * An enum: in text by name in any case or by number, in JSON by its exact name or by number. An open enum takes every number of
 * 32 bits, a closed one only those that it declares.
 */
export function enumType({ values, open, typeName }: DescEnum): ValueType {
  const declared = new Set(values.map(({ number }) => number));
  const exact = new Map<string, number>();
  for (const { jsonName, number } of values) exact.set(jsonName, number);
  // A name of the contract wins over another value's name in JSON, as in the library.
  for (const { name, number } of values) exact.set(name, number);
  const anyCase = new Map<string, number>();
  for (const [name, number] of exact) {
    const upper = name.toUpperCase();
    if (!anyCase.has(upper)) anyCase.set(upper, number);
  }
  const expected = `one of ${listOf(values.map(({ name }) => name))}`;

  function numbered(number: number): number | undefined {
    const isValue = open ? number >= INT32_MIN && number <= INT32_MAX : declared.has(number);
    return isValue && Number.isInteger(number) ? number + 0 : undefined;
  }

  function readText(text: string): number | undefined {
    const named = exact.get(text) ?? anyCase.get(text.toUpperCase());
    if (named !== undefined) return named;
    const number = readWhole(text);
    return number === undefined ? undefined : numbered(Number(number));
  }

  function readJson(json: JsonValue): number | undefined {
    if (typeof json === "string") return exact.get(json);
    if (json === null && typeName === NULL_VALUE) return 0;
    return typeof json === "number" ? numbered(json) : undefined;
  }

  return { expected, expectedInJson: expected, readText, readJson };
}

/** The names that a caller may use, at most 20 of them. */
function listOf(names: readonly string[]): string {
  const usable = names.filter((name) => !name.endsWith("_UNSPECIFIED"));
  const listed = usable.slice(0, NAMES_MAX).join(", ");
  return usable.length > NAMES_MAX ? `${listed}, … (${usable.length} in all)` : listed;
}
