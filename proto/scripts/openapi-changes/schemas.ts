import type { Schema } from "../openapi/types.ts";
import { tightenedRules } from "./rules.ts";

/** What a client does with a value. Rules matter for what is sent, new absences and nulls for what is received. */
export type Use = "sent" | "received";

/**
 * What breaks clients between two schemas of one value, a line each. A reference is a type by its name: its
 * component is compared separately, once.
 */
export function schemaChanges(base: Schema, head: Schema, where: string, use: Use): string[] {
  const [was, is] = [unwrap(base), unwrap(head)];
  if (was.type !== is.type) return [`${where}: the type is ${is.type}, was ${was.type}`];
  return [
    ...nullChanges(was, is, where, use),
    ...(use === "sent" ? tightenedRules(was.schema, is.schema) : []).map(
      (text) => `${where}: ${text}`,
    ),
    ...propertyChanges(was.schema, is.schema, where, use),
    ...elementChanges(was.schema, is.schema, where, use),
  ];
}

/** The name of the type of a schema, such as `Key` or `string (int64)`. */
export function typeName(schema: Schema): string {
  return unwrap(schema).type;
}

interface Unwrapped {
  /** Without null. */
  readonly schema: Schema;
  readonly type: string;
  readonly isNullable: boolean;
}

function unwrap(schema: Schema): Unwrapped {
  const [first, second] = schema.anyOf ?? [];
  if (first !== undefined && second?.type === "null") {
    return { ...unwrap(first), isNullable: true };
  }
  // Who selects no keys gets the whole.
  if (first?.$ref !== undefined && second?.$ref === `${first.$ref}Selection`) return unwrap(first);
  const types = [schema.type ?? []].flat();
  const isNullable = types.includes("null");
  const bare =
    isNullable && schema.enum ? { enum: schema.enum.filter((each) => each !== null) } : {};
  return { schema: { ...schema, ...bare }, type: nameOf(schema, types), isNullable };
}

/** Formats that make another type. Others are rules about a text. */
const TYPE_FORMATS = ["int32", "uint32", "int64", "uint64", "float", "double", "date-time"];

function nameOf(schema: Schema, types: readonly string[]): string {
  const { $ref, format = "", contentEncoding, anyOf } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if (types.length === 0 && anyOf !== undefined) return anyOf.map(typeName).join(" or ");
  const name = types.filter((type) => type !== "null").join(" or ") || "anything";
  const detail = TYPE_FORMATS.includes(format) ? format : contentEncoding;
  return detail === undefined ? name : `${name} (${detail})`;
}

function nullChanges(was: Unwrapped, is: Unwrapped, where: string, use: Use): string[] {
  if (was.isNullable === is.isNullable) return [];
  if (use === "received") return is.isNullable ? [`${where}: may be null now`] : [];
  return is.isNullable ? [] : [`${where}: may not be null any more`];
}

function propertyChanges(base: Schema, head: Schema, where: string, use: Use): string[] {
  const [was, is] = [base.properties ?? {}, head.properties ?? {}];
  const [wasRequired, isRequired] = [base.required ?? [], head.required ?? []];
  const changes = Object.entries(was).flatMap(([name, schema]) => {
    const at = `${where}.${name}`;
    const now = is[name];
    return now === undefined ? [`${at}: removed`] : schemaChanges(schema, now, at, use);
  });
  const nowRequired = isRequired
    .filter((name) => !wasRequired.includes(name))
    .map((name) => `${where}.${name}: ${name in was ? "required now" : "new and required"}`);
  const nowOptional = wasRequired
    .filter((name) => name in is && !isRequired.includes(name))
    .map((name) => `${where}.${name}: may be absent now`);
  return [...changes, ...(use === "sent" ? nowRequired : nowOptional)];
}

/** Of lists and maps. */
function elementChanges(base: Schema, head: Schema, where: string, use: Use): string[] {
  const ofList =
    base.items && head.items ? schemaChanges(base.items, head.items, `${where}[]`, use) : [];
  const [was, is] = [base.additionalProperties, head.additionalProperties];
  const ofMap =
    typeof was === "object" && typeof is === "object"
      ? schemaChanges(was, is, `${where}.*`, use)
      : [];
  return [...ofList, ...ofMap];
}
