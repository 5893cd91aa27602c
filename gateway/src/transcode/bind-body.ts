import {
  create,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  mergeFromJson,
} from "@bufbuild/protobuf";
import type { FieldProblems } from "./field-problems.ts";
import { textTypeOf } from "./text-value.ts";
import { hasRealTimes } from "./time-text.ts";

/** Sets the fields of a message from a JSON object, and notes every key that is unknown, misplaced or has an invalid value. */
export type BindBody = (message: Message, json: JsonValue, problems: FieldProblems) => void;

/** Compiles a binder of bodies. Fields in `elsewhere` are set by the path and must not come in the body. */
export function createBodyBinder(input: DescMessage, elsewhere: ReadonlySet<string>): BindBody {
  const bind = objectBinder(input, elsewhere);
  return (message, json, problems) => {
    if (isObject(json)) bind(message, json, "", problems);
    else problems.add("body", "must be a JSON object");
  };
}

/** Sets fields from an object whose place in the body is `path`: empty, or ends in a dot. */
type BindObject = (
  message: Message,
  json: JsonObject,
  path: string,
  problems: FieldProblems,
) => void;

function objectBinder(desc: DescMessage, elsewhere: ReadonlySet<string>): BindObject {
  const byName = new Map<string, DescField>();
  for (const field of desc.fields) byName.set(field.name, field).set(field.jsonName, field);
  const nested = new Map<DescField, BindObject>();

  /** Compiled when it is first needed, as a message may contain itself. */
  function binderOf(field: DescField, inner: DescMessage): BindObject {
    const bind = nested.get(field) ?? objectBinder(inner, new Set());
    nested.set(field, bind);
    return bind;
  }

  return (message, json, path, problems) => {
    const seen = new Set<DescField>();
    for (const [key, value] of Object.entries(json)) {
      const field = byName.get(key);
      const place = `${path}${key}`;
      if (field === undefined) problems.add(place, "is not a field of this call");
      else if (elsewhere.has(field.name)) problems.add(place, "belongs in the path");
      else if (seen.has(field)) problems.add(place, "is given twice, by two names");
      else {
        const inner = isObject(value) ? objectMessage(field) : undefined;
        if (inner === undefined) assign(desc, message, field, value, path, problems);
        else {
          const child = create(inner);
          (message as unknown as Record<string, unknown>)[field.localName] = child;
          binderOf(field, inner)(child, value as JsonObject, `${path}${field.name}.`, problems);
        }
      }
      if (field !== undefined) seen.add(field);
    }
  };
}

/** The message of a field that is an object in JSON, and neither in a oneof nor in a list. */
function objectMessage(field: DescField): DescMessage | undefined {
  if (field.fieldKind !== "message" || field.oneof !== undefined) return undefined;
  return field.message.typeName.startsWith("google.protobuf.") ? undefined : field.message;
}

function assign(
  desc: DescMessage,
  message: Message,
  field: DescField,
  value: JsonValue,
  path: string,
  problems: FieldProblems,
): void {
  try {
    if (hasRealTimes(field, value)) {
      mergeFromJson(desc, message, { [field.name]: value });
      return;
    }
  } catch {
    // The library's own words speak of its insides.
  }
  problems.add(`${path}${field.name}`, `must be ${expected(field)}`);
}

function expected(field: DescField): string {
  const element = textTypeOf(field)?.expected ?? "an object of the documented form";
  return field.fieldKind === "list" ? `a list; each element must be ${element}` : element;
}

function isObject(json: JsonValue): json is JsonObject {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}
