import type { DescField, DescMessage, DescOneof, Registry } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { type Member, membersWriter } from "./json-members.ts";
import {
  type FieldOf,
  listTags,
  listWriter,
  type MapValue,
  mapTag,
  mapWriter,
} from "./json-repeated.ts";
import { unsetText } from "./json-unset.ts";
import {
  enumText,
  enumWriter,
  scalarDefault,
  scalarWriter,
  type WriteValue,
  wireTypeOf,
} from "./json-value.ts";
import { type MessageWriter, type WellKnownDeps, wellKnownWriter } from "./json-well-known.ts";
import { wireTag } from "./wire-fields.ts";

/** Makes writers of descriptors. Each message type is compiled once, however often it occurs. */
export interface JsonCompiler {
  /** The writer of a whole message. */
  message(desc: DescMessage): WriteValue;
  /** The writer of some fields of a message type, each after a comma. */
  members(fields: readonly DescField[]): WriteValue;
  /** The writer of one field's value, set or unset, from the message that has it. */
  value(field: DescField): WriteValue;
}

const NOTHING = Buffer.alloc(0);
const NOT_COMPILED: WriteValue = () => {
  throw new Error("the fields of the message are not compiled yet");
};

/** Creates a compiler. The types that an Any may hold are those of the registry, and compiled when one is written first. */
export function createJsonCompiler(registry?: Registry): JsonCompiler {
  const known = new Map<DescMessage, MessageWriter>();
  const wellKnown: WellKnownDeps = {
    bare: (field) => ({ ...bare(field), key: NOTHING, unset: NOTHING }),
    value,
    packed(typeName) {
      const desc = registry?.getMessage(typeName);
      return desc && message(desc);
    },
  };

  function message(desc: DescMessage): MessageWriter {
    const found = known.get(desc);
    if (found !== undefined) return found;
    let inside = NOT_COMPILED;
    const isWellKnown = hasCustomJsonRepresentation(desc);
    const writeInside: WriteValue = (bytes, start, end, out) => inside(bytes, start, end, out);
    const writeObject: WriteValue = (bytes, start, end, out) => {
      const opening = out.length;
      inside(bytes, start, end, out);
      out.enclose(opening, "{}");
    };
    const writer = isWellKnown
      ? { write: writeInside, writeMembers: undefined }
      : { write: writeObject, writeMembers: writeInside };
    // Kept before its fields are compiled, as they may contain the type again.
    known.set(desc, writer);
    inside = isWellKnown ? wellKnownWriter(desc, wellKnown) : members(desc.fields);
    return writer;
  }

  function members(fields: readonly DescField[]): WriteValue {
    const shown = fields.map((field): Member => {
      const key = Buffer.from(`,"${field.name}":`);
      const isChosen = field.oneof !== undefined;
      return {
        ...bare(field),
        key,
        unset: isChosen ? NOTHING : Buffer.concat([key, Buffer.from(unsetText(field))]),
      };
    });
    return membersWriter([...shown, ...rivals(fields)], shown.length);
  }

  function value(field: DescField): WriteValue {
    const shown = { ...bare(field), key: NOTHING, unset: Buffer.from(unsetText(field)) };
    return membersWriter([shown, ...rivals([field])], 1);
  }

  /** The other members of the oneofs that some fields belong to. */
  function rivals(fields: readonly DescField[]): Member[] {
    const oneofs = new Set<DescOneof>();
    for (const { oneof } of fields) if (oneof !== undefined) oneofs.add(oneof);
    return [...oneofs]
      .flatMap((oneof) => oneof.fields)
      .filter((field) => !fields.includes(field))
      .map((field) => wellKnown.bare(field));
  }

  function bare(field: DescField): Omit<Member, "key" | "unset"> {
    const { oneof } = field;
    const one = (type: WireType) => [wireTag(field.number, type)];
    switch (field.fieldKind) {
      case "scalar": {
        const tags = one(wireTypeOf(field.scalar));
        return { oneof, takes: "last", tags, write: scalarWriter(field.scalar) };
      }
      case "enum":
        return { oneof, takes: "last", tags: one(WireType.Varint), write: enumWriter(field.enum) };
      case "message": {
        const { delimitedEncoding } = field;
        const tags = one(delimitedEncoding ? WireType.StartGroup : WireType.LengthDelimited);
        return { oneof, takes: "merged", tags, write: message(field.message).write };
      }
      case "list":
        return {
          oneof,
          takes: "all",
          tags: listTags(field),
          write: listWriter(field, element(field)),
        };
      case "map":
        return {
          oneof,
          takes: "all",
          tags: [mapTag(field)],
          write: mapWriter(field, mapValue(field)),
        };
    }
  }

  function element(field: FieldOf<"list">): WriteValue {
    if (field.listKind === "message") return message(field.message).write;
    return field.listKind === "enum" ? enumWriter(field.enum) : scalarWriter(field.scalar);
  }

  function mapValue(field: FieldOf<"map">): MapValue {
    switch (field.mapKind) {
      case "scalar":
        return {
          write: scalarWriter(field.scalar),
          unset: Buffer.from(scalarDefault(field.scalar)),
        };
      case "enum": {
        const unset = enumText(field.enum, field.enum.values[0]?.number ?? 0);
        return { write: enumWriter(field.enum), unset: Buffer.from(unset) };
      }
      case "message":
        return { write: message(field.message).write, unset: undefined };
    }
  }

  return { message: (desc) => message(desc).write, members, value };
}
