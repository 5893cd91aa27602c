import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  enumWriter,
  scalarWriter,
  type WriteValue,
  writeString,
  writeTimestamp,
} from "./json-value.ts";

/** JSON in UTF-8, with one character a byte as `utf8Bytes` has it. */
export type JsonWriter = (message: Message) => string;

/** A separator and `"name":value`, or nothing for a member of a oneof that is not set. */
type WriteField = (fields: Readonly<Record<string, unknown>>) => string;
type Field<Kind extends DescField["fieldKind"]> = Extract<DescField, { fieldKind: Kind }>;

/**
 * Compiles the JSON form of a message type, with the names of the contract. Every key is there: what is unknown is
 * `null`, an unset message is an object of unknowns, an unset time is `null`; members of a oneof come only when set.
 * Throws for a type that contains itself or a well-known type other than Timestamp.
 */
export function createJsonWriter(desc: DescMessage): JsonWriter {
  return compile(desc, []);
}

function compile(desc: DescMessage, parents: readonly DescMessage[]): JsonWriter {
  if (desc.typeName === TimestampSchema.typeName) return writeTimestamp as JsonWriter;
  if (desc.typeName.startsWith("google.protobuf.") || parents.includes(desc)) {
    throw new Error(`${desc.typeName} has no JSON form here`);
  }
  // A first key that is always there brings the brace, so that the text need not be cut afterwards: half the time.
  const opens = desc.fields[0] !== undefined && desc.fields[0].oneof === undefined;
  const writers = desc.fields.map((field, index) =>
    fieldWriter(field, index === 0 && opens ? "{" : ",", [...parents, desc]),
  );
  return (message) => {
    const fields = message as unknown as Readonly<Record<string, unknown>>;
    let text = "";
    for (const write of writers) text += write(fields);
    return opens ? `${text}}` : `{${text.slice(1)}}`;
  };
}

function fieldWriter(
  field: DescField,
  separator: "{" | ",",
  parents: readonly DescMessage[],
): WriteField {
  const key = `${separator}"${field.name}":`;
  const name = field.localName;
  const write = valueWriter(field, parents) as (value: unknown) => string;
  if (field.oneof !== undefined) return oneofMember(key, name, field.oneof.localName, write);
  const unset = key + unsetText(field, write);
  return (fields) => {
    const value = fields[name];
    return value === undefined ? unset : key + write(value);
  };
}

function oneofMember(
  key: string,
  name: string,
  oneof: string,
  write: (value: unknown) => string,
): WriteField {
  return (fields) => {
    const chosen = fields[oneof] as { case: string | undefined; value?: unknown };
    return chosen.case === name ? key + write(chosen.value) : "";
  };
}

function unsetText(field: DescField, write: (value: unknown) => string): string {
  const isObject =
    field.fieldKind === "message" && field.message.typeName !== TimestampSchema.typeName;
  return isObject ? write(create(field.message)) : "null";
}

function valueWriter(field: DescField, parents: readonly DescMessage[]): WriteValue {
  switch (field.fieldKind) {
    case "scalar":
      return scalarWriter(field.scalar);
    case "enum":
      return enumWriter(field.enum);
    case "message":
      return compile(field.message, parents);
    case "list":
      return listWriter(field, parents);
    case "map":
      return mapWriter(field, parents);
  }
}

function listWriter(field: Field<"list">, parents: readonly DescMessage[]): WriteValue {
  const write = elementWriter(field, parents) as (value: unknown) => string;
  return (values: readonly unknown[]) => `[${values.map((value) => write(value)).join(",")}]`;
}

function mapWriter(field: Field<"map">, parents: readonly DescMessage[]): WriteValue {
  const write = elementWriter(field, parents) as (value: unknown) => string;
  return (entries: Readonly<Record<string, unknown>>) => {
    const members = Object.entries(entries).map(
      ([k, value]) => `${writeString(k)}:${write(value)}`,
    );
    return `{${members.join(",")}}`;
  };
}

function elementWriter(
  field: Field<"list"> | Field<"map">,
  parents: readonly DescMessage[],
): WriteValue {
  if (field.scalar !== undefined) return scalarWriter(field.scalar);
  return field.enum === undefined ? compile(field.message, parents) : enumWriter(field.enum);
}
