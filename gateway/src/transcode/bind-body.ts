import {
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  mergeFromJson,
} from "@bufbuild/protobuf";
import type { FieldProblems } from "./field-problems.ts";
import { textTypeOf } from "./text-value.ts";

/** Sets the fields of a message from a JSON object, and notes every key that is unknown, misplaced or has an invalid value. */
export type BindBody = (message: Message, json: JsonValue, problems: FieldProblems) => void;

/** Compiles a binder of bodies. Fields in `elsewhere` are set by the path and must not come in the body. */
export function createBodyBinder(input: DescMessage, elsewhere: ReadonlySet<string>): BindBody {
  const byName = new Map<string, DescField>();
  for (const field of input.fields) byName.set(field.name, field).set(field.jsonName, field);

  return (message, json, problems) => {
    if (json === null || typeof json !== "object" || Array.isArray(json)) {
      return problems.add("body", "must be a JSON object");
    }
    const seen = new Set<DescField>();
    for (const [key, value] of Object.entries(json)) {
      const field = byName.get(key);
      if (field === undefined) problems.add(key, "is not a field of this call");
      else if (elsewhere.has(field.name)) problems.add(key, "belongs in the path");
      else if (seen.has(field)) problems.add(key, "is given twice, by two names");
      else assign(input, message, field, value, problems);
      if (field !== undefined) seen.add(field);
    }
  };
}

function assign(
  input: DescMessage,
  message: Message,
  field: DescField,
  value: JsonValue,
  problems: FieldProblems,
): void {
  try {
    mergeFromJson(input, message, { [field.name]: value });
  } catch {
    problems.add(field.name, `must be ${expected(field)}`);
  }
}

function expected(field: DescField): string {
  const element = textTypeOf(field)?.expected ?? "an object of the documented form";
  return field.fieldKind === "list" ? `a list; each element must be ${element}` : element;
}
