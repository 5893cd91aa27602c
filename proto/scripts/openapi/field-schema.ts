import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { commentOf } from "./comments.ts";
import { ContractError } from "./contract-error.ts";
import type { OptionReader } from "./options.ts";
import { withRules } from "./rules.ts";
import type { Schema } from "./types.ts";

/**
 * Which way a message travels. In a request, rules hold and some fields must be given; in the body of a PATCH, rules hold
 * for what is given; in a response, every key is there; in a selection, those keys of a response that the request named.
 */
export type Direction = "request" | "patch" | "response" | "selection";

/** Whether a message is answered, so that it has no rules: older resources may not follow them. */
export const isAnswered = (direction: Direction): boolean =>
  direction === "response" || direction === "selection";

/** What schemas of fields are made with. */
export interface SchemaDeps {
  readonly options: OptionReader;
  /** A reference to the component of a message, or the choice of components where requests may select its keys. */
  readonly refer: (message: DescMessage, direction: Direction) => Schema;
}

const INT64: Schema = { type: "string", format: "int64", pattern: "^-?[0-9]{1,19}$" };
const UINT64: Schema = { type: "string", format: "uint64", pattern: "^[0-9]{1,20}$" };
const INT32: Schema = { type: "integer", format: "int32" };
const UINT32: Schema = { type: "integer", format: "uint32", minimum: 0 };

/** The types of proto3 JSON. */
const SCALARS: Readonly<Record<ScalarType, Schema>> = {
  [ScalarType.DOUBLE]: { type: "number", format: "double" },
  [ScalarType.FLOAT]: { type: "number", format: "float" },
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: UINT64,
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
};

/** Messages that are no objects in JSON. */
const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  // Not the format `duration`, which is that of ISO 8601.
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]{1,12}(?:\\.[0-9]{1,9})?s$" },
  // A `-` leaves a path out where the call says so; `*` is every field.
  "google.protobuf.FieldMask": {
    type: "string",
    pattern: "^(?:-?PATH(?:,-?PATH)*)?$".replaceAll("PATH", "(?:\\w+|\\*)(?:\\.(?:\\w+|\\*))*"),
  },
};

/** Whether a message is an object in JSON. Errors: ContractError for one of google.protobuf with no JSON form here. */
export function isObjectMessage({ typeName }: DescMessage): boolean {
  if (typeName in WELL_KNOWN) return false;
  if (typeName.startsWith("google.protobuf.")) {
    throw new ContractError(`${typeName} has no JSON form here`);
  }
  return true;
}

/** Whether a request must have the field. */
export function isRequired(field: DescField, options: OptionReader): boolean {
  const behaviors = options.behaviors(field);
  if (behaviors.includes("OUTPUT_ONLY")) return false;
  return behaviors.includes("REQUIRED") || options.fieldRules(field)["required"] === true;
}

/** The schema of a field as a property, with its description and behaviour. */
export function propertySchema(field: DescField, direction: Direction, deps: SchemaDeps): Schema {
  const schema = fieldSchema(field, direction, deps);
  const behaviors = deps.options.behaviors(field);
  const description = describe(field, schema);
  const group = isAnswered(direction) ? deps.options.group(field) : undefined;
  return {
    ...(isNullable(field, direction, deps) ? orNull(schema) : schema),
    ...(description !== undefined && { description }),
    ...(behaviors.includes("OUTPUT_ONLY") && { readOnly: true }),
    ...(behaviors.includes("INPUT_ONLY") && { writeOnly: true }),
    ...(field.deprecated && { deprecated: true }),
    ...(group !== undefined && { "x-geomesh-group": group }),
  };
}

/** Whether null may stand for an unset field: not where the field must be set or is always known. */
function isNullable(field: DescField, direction: Direction, { options }: SchemaDeps): boolean {
  if (isAnswered(direction) && options.isAlwaysKnown(field)) return false;
  const mayBeUnset = direction === "patch" || !isRequired(field, options);
  return field.proto.proto3Optional && mayBeUnset;
}

/** The schema of a field's value, which is never null. */
export function fieldSchema(field: DescField, direction: Direction, deps: SchemaDeps): Schema {
  const element = elementSchema(field, direction, deps);
  const schema = wrap(field, element);
  const rules = deps.options.fieldRules(field);
  return isAnswered(direction) ? schema : withRules(schema, rules, field.enum);
}

function wrap({ fieldKind }: DescField, element: Schema): Schema {
  if (fieldKind === "list") return { type: "array", items: element };
  return fieldKind === "map" ? { type: "object", additionalProperties: element } : element;
}

function elementSchema(field: DescField, direction: Direction, { refer }: SchemaDeps): Schema {
  if (field.enum !== undefined) return { type: "string", enum: namesOf(field.enum) };
  if (field.message === undefined) return SCALARS[field.scalar ?? ScalarType.STRING];
  const { message } = field;
  return isObjectMessage(message)
    ? refer(message, direction)
    : (WELL_KNOWN[message.typeName] as Schema);
}

/** The names of an enum without that of 0, which stands for an unset field. */
function namesOf({ values }: DescEnum): string[] {
  return values.map(({ name }) => name).filter((name) => !name.endsWith("_UNSPECIFIED"));
}

function orNull(schema: Schema): Schema {
  if (schema.type === undefined) return { anyOf: [schema, { type: "null" }] };
  return {
    ...schema,
    type: [schema.type, "null"].flat(),
    ...(schema.enum !== undefined && { enum: [...schema.enum, null] }),
  };
}

/** The comment of a field, and what the names of its enum mean. */
export function describe(field: DescField, schema: Schema): string | undefined {
  const names = (schema.items ?? schema).enum ?? [];
  const meanings = (field.enum?.values ?? [])
    .filter(({ name }) => names.includes(name))
    .map((value) => `- \`${value.name}\`: ${commentOf(value) ?? ""}`);
  const parts = [commentOf(field), meanings.join("\n")];
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n") || undefined;
}
