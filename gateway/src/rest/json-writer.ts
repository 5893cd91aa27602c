import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { JsonBytes } from "./json-bytes.ts";
import { enumWriter, scalarWriter, type WriteValue, writeTimestamp } from "./json-value.ts";

/** JSON in UTF-8, with one character a byte, to be sent as `latin1`. Its length is that on the wire. */
export type JsonWriter = (message: Message) => string;

/** Writes `,"name":value`, or nothing for a member of a oneof that is not set. */
type WriteField = (fields: Readonly<Record<string, unknown>>, out: JsonBytes) => void;
type Write = (value: unknown, out: JsonBytes) => void;
type Field<Kind extends DescField["fieldKind"]> = Extract<DescField, { fieldKind: Kind }>;

/**
 * Compiles the JSON form of a message type, with the names of the contract. Every key is there: what is unknown is
 * `null`, an unset message is an object of unknowns, an unset time is `null`; members of a oneof come only when set.
 * Throws for a type that contains itself or a well-known type other than Timestamp.
 */
export function createJsonWriter(desc: DescMessage): JsonWriter {
  const write = compile(desc, []) as Write;
  const out = new JsonBytes();
  return (message) => {
    write(message, out);
    return out.take();
  };
}

function compile(desc: DescMessage, parents: readonly DescMessage[]): WriteValue {
  if (desc.typeName === TimestampSchema.typeName) return writeTimestamp;
  if (desc.typeName.startsWith("google.protobuf.") || parents.includes(desc)) {
    throw new Error(`${desc.typeName} has no JSON form here`);
  }
  const writers = desc.fields.map((field) => fieldWriter(field, [...parents, desc]));
  return (fields: Readonly<Record<string, unknown>>, out) => {
    const start = out.length;
    for (const write of writers) write(fields, out);
    out.enclose(start, "{}");
  };
}

function fieldWriter(field: DescField, parents: readonly DescMessage[]): WriteField {
  const keyText = `,"${field.name}":`;
  const key = Buffer.from(keyText);
  const name = field.localName;
  const write = valueWriter(field, parents) as Write;
  if (field.oneof !== undefined) return oneofMember(key, name, field.oneof.localName, write);
  const unset = Buffer.from(keyText + unsetText(field, write));
  return (fields, out) => {
    const value = fields[name];
    if (value === undefined) {
      out.raw(unset);
      return;
    }
    out.raw(key);
    write(value, out);
  };
}

function oneofMember(key: Buffer, name: string, oneof: string, write: Write): WriteField {
  return (fields, out) => {
    const chosen = fields[oneof] as { case: string | undefined; value?: unknown };
    if (chosen.case !== name) return;
    out.raw(key);
    write(chosen.value, out);
  };
}

function unsetText(field: DescField, write: Write): string {
  if (field.fieldKind !== "message" || field.message.typeName === TimestampSchema.typeName) {
    return "null";
  }
  const out = new JsonBytes();
  write(create(field.message), out);
  return out.take();
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
      return listWriter(elementWriter(field, parents) as Write);
    case "map":
      return mapWriter(elementWriter(field, parents) as Write);
  }
}

function listWriter(write: Write): WriteValue {
  return (values: readonly unknown[], out) => {
    const start = out.length;
    for (const value of values) {
      out.comma();
      write(value, out);
    }
    out.enclose(start, "[]");
  };
}

function mapWriter(write: Write): WriteValue {
  return (entries: Readonly<Record<string, unknown>>, out) => {
    const start = out.length;
    for (const [key, value] of Object.entries(entries)) {
      out.comma();
      out.string(key);
      out.ascii(":");
      write(value, out);
    }
    out.enclose(start, "{}");
  };
}

function elementWriter(
  field: Field<"list"> | Field<"map">,
  parents: readonly DescMessage[],
): WriteValue {
  if (field.scalar !== undefined) return scalarWriter(field.scalar);
  return field.enum === undefined ? compile(field.message, parents) : enumWriter(field.enum);
}
