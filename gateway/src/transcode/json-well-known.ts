import {
  type DescField,
  type DescMessage,
  fromBinary,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import {
  AnySchema,
  DurationSchema,
  FieldMaskSchema,
  TimestampSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import { type JsonBytes, textOf } from "./json-bytes.ts";
import { type Member, membersWriter } from "./json-members.ts";
import { scalarWriter, type WriteValue } from "./json-value.ts";
import { WireFields, wireTag } from "./wire-fields.ts";

/** Writers of a message type. */
export interface MessageWriter {
  readonly write: WriteValue;
  /** Writes the fields alone, each after a comma; undefined for a well-known type whose JSON has a form of its own. */
  readonly writeMembers: WriteValue | undefined;
}

/** What the writers of well-known types are made of. */
export interface WellKnownDeps {
  /** A field without its key, which is nothing where it is not set. */
  bare(field: DescField): Member;
  /** The writer of a field's value, set or unset. */
  value(field: DescField): WriteValue;
  /** The writer of a type that an Any holds; undefined for a type that is not known. */
  packed(typeName: string): MessageWriter | undefined;
}

/** The Any of the JSON form has its type in this member, and a well-known type in the other. */
const TYPE = Buffer.from('"@type":');
const PACKED_VALUE = Buffer.from(',"value":');
const TYPE_URL_TAG = wireTag(1, WireType.LengthDelimited);
const VALUE_TAG = wireTag(2, WireType.LengthDelimited);

/**
 * Writes a well-known type in the form that JSON has for it, where `hasCustomJsonRepresentation` is true of it.
 * Format: https://protobuf.dev/programming-guides/json/. Errors while writing: Error for a value that has no such form, such
 * as a time beyond the year 9999, and for an Any of a type that is not known.
 */
export function wellKnownWriter(desc: DescMessage, deps: WellKnownDeps): WriteValue {
  switch (desc.typeName) {
    case TimestampSchema.typeName:
    case DurationSchema.typeName:
    case FieldMaskSchema.typeName:
      return textWriter(desc);
    case ValueSchema.typeName:
      return valueWriter(desc, deps);
    case AnySchema.typeName:
      return anyWriter(deps);
    default: {
      // A wrapper, a Struct or a ListValue: what its only field is.
      const [field] = desc.fields;
      if (field === undefined) throw new Error(`${desc.typeName} has no field`);
      return deps.value(field);
    }
  }
}

/** A Timestamp in RFC 3339 and UTC, a Duration in seconds such as `60s`, a FieldMask as `someField,other.field`. */
function textWriter(desc: DescMessage): WriteValue {
  return (bytes, start, end, out) => {
    out.text(String(toJson(desc, fromBinary(desc, bytes.subarray(start, end)))));
  };
}

function valueWriter(desc: DescMessage, deps: WellKnownDeps): WriteValue {
  const members = desc.fields.map((field) => {
    const member = deps.bare(field);
    return field.scalar === ScalarType.DOUBLE ? { ...member, write: writeFinite } : member;
  });
  const write = membersWriter(members);
  return (bytes, start, end, out) => {
    const before = out.length;
    write(bytes, start, end, out);
    if (out.length === before) throw new Error(`a ${desc.typeName} has no value`);
  };
}

const WRITE_DOUBLE = scalarWriter(ScalarType.DOUBLE);
function writeFinite(bytes: Buffer, start: number, end: number, out: JsonBytes): void {
  const number = bytes.readDoubleLE(start);
  if (!Number.isFinite(number)) throw new Error(`a ${ValueSchema.typeName} cannot be ${number}`);
  WRITE_DOUBLE(bytes, start, end, out);
}

/** An Any without a type is an empty object. */
function anyWriter(deps: WellKnownDeps): WriteValue {
  return (bytes, start, end, out) => {
    out.enter();
    const opening = out.length;
    const fields = new WireFields().open(bytes, start, end);
    let [typeUrl, from, to] = ["", 0, 0];
    while (fields.next()) {
      if (fields.tag === TYPE_URL_TAG) typeUrl = textOf(bytes, fields.start, fields.end);
      else if (fields.tag === VALUE_TAG) [from, to] = [fields.start, fields.end];
    }
    if (typeUrl !== "") {
      const writer = deps.packed(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
      if (writer === undefined) {
        throw new Error(
          `an ${AnySchema.typeName} holds "${typeUrl}", which is not in the registry`,
        );
      }
      out.comma();
      out.raw(TYPE);
      out.text(typeUrl);
      if (writer.writeMembers === undefined) out.raw(PACKED_VALUE);
      (writer.writeMembers ?? writer.write)(bytes, from, to, out);
    }
    out.enclose(opening, "{}");
    out.leave();
  };
}
