import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type JsonObject,
  ScalarType,
} from "@bufbuild/protobuf";
import type { OptionReader } from "../openapi/options.ts";
import { fieldsBelow } from "./messages.ts";

const TIMESTAMP = "google.protobuf.Timestamp";
/** Times of a clock on a wall, which are no moments: their time zone stands beside them. */
const LOCAL_TIMES = ["geomesh.geo.v1.Timezone.current_time", "geomesh.geo.v1.Timezone.local_time"];
const BOUNDS = ["len", "max_len", "max_bytes", "in", "const", "pattern"];

/** AIP-142: a moment is a Timestamp whose name ends in `_time`. */
export function timeProblems(message: DescMessage): string[] {
  return message.fields.flatMap((field) => {
    const isTimestamp = field.message?.typeName === TIMESTAMP;
    if (isTimestamp === field.name.endsWith("_time")) return [];
    if (LOCAL_TIMES.includes(`${message.typeName}.${field.name}`)) return [];
    return [
      `.${field.name}: ${isTimestamp ? "is a time, so it ends in _time" : "is no Timestamp"}`,
    ];
  });
}

/** Every text and list that a caller sends has a bound. A stream of requests is bounded by its handler. */
export function boundProblems(method: DescMethod, options: OptionReader): string[] {
  if (method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming") return [];
  return fieldsBelow(method.input)
    .filter((field) => !options.behaviors(field).includes("OUTPUT_ONLY"))
    .filter((field) => !isBounded(field, options.fieldRules(field)))
    .map((field) => `${field.parent.name}.${field.name} has no bound`);
}

function isBounded(field: DescField, rules: JsonObject): boolean {
  if (field.fieldKind === "map") return "max_pairs" in objectAt(rules, "map");
  if (field.fieldKind !== "list") return isTextBounded(field, rules);
  const list = objectAt(rules, "repeated");
  return "max_items" in list && isTextBounded(field, objectAt(list, "items"));
}

function isTextBounded(field: DescField, rules: JsonObject): boolean {
  const scalar = "scalar" in field ? field.scalar : undefined;
  if (scalar !== ScalarType.STRING && scalar !== ScalarType.BYTES) return true;
  const kind = objectAt(rules, scalar === ScalarType.STRING ? "string" : "bytes");
  return BOUNDS.some((name) => name in kind);
}

function objectAt(rules: JsonObject, name: string): JsonObject {
  return (rules[name] ?? {}) as JsonObject;
}
