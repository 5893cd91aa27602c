import type { DescField, DescMessage, DescOneof, Registry } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { type ExtensionsOf, extensionsIn } from "./extensions.ts";
import type { FieldTree } from "./field-tree.ts";
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

const NOTHING = Buffer.alloc(0);
const NOT_COMPILED: WriteValue = () => {
  throw new Error("the fields of the message are not compiled yet");
};

/** Which members of a message are written. */
interface MembersChoice {
  /** The message type whose extensions are written as well. Default none. */
  readonly extended?: DescMessage;
  /** Of the fields, these alone. Default all. */
  readonly tree?: FieldTree | undefined;
}

/** Makes writers of descriptors. Each message type is compiled once, however often it occurs, as it may contain itself. */
export class JsonCompiler implements WellKnownDeps {
  readonly #registry: Registry | undefined;
  readonly #extensionsOf: ExtensionsOf;
  readonly #known = new WeakMap<DescMessage, MessageWriter>();

  /** The types that an Any may hold are those of the registry, and compiled when one is written first. */
  constructor(registry?: Registry) {
    this.#registry = registry;
    this.#extensionsOf = extensionsIn(registry);
  }

  /** The writers of a whole message. */
  message(desc: DescMessage): MessageWriter {
    const found = this.#known.get(desc);
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
    // Kept before its fields are compiled, as they may be of the same type.
    this.#known.set(desc, writer);
    inside = isWellKnown
      ? wellKnownWriter(desc, this)
      : this.members(desc.fields, { extended: desc });
    return writer;
  }

  /** The writer of some fields of a message type, each after a comma, and of more or fewer by the choice. */
  members(fields: readonly DescField[], { extended, tree }: MembersChoice = {}): WriteValue {
    const extensions = extended === undefined ? [] : this.#extensionsOf(extended);
    const written = tree === undefined ? fields : fields.filter(({ number }) => tree.has(number));
    const shown = written.map((field): Member => {
      const inside = tree?.get(field.number) ?? "whole";
      const key = Buffer.from(`,"${field.name}":`);
      const unset = Buffer.concat([key, Buffer.from(unsetText(field, inside))]);
      return {
        ...this.bare(field, inside),
        key,
        unset: field.oneof === undefined ? unset : NOTHING,
      };
    });
    for (const { field } of extensions) {
      shown.push({ ...this.bare(field), key: Buffer.from(`,"${field.name}":`) });
    }
    return membersWriter([...shown, ...this.#rivals(written)], shown.length);
  }

  /** The writer of one field's value, set or unset, from the message that has it; with a tree, of that part of it. */
  value(field: DescField, inside: FieldTree | "whole" = "whole"): WriteValue {
    const shown: Member = {
      ...this.bare(field, inside),
      unset: Buffer.from(unsetText(field, inside)),
    };
    return membersWriter([shown, ...this.#rivals([field])], 1);
  }

  /** A field without its key, which is nothing where it is not set; with a tree, that part of a message. */
  bare(field: DescField, inside: FieldTree | "whole" = "whole"): Member {
    const nameless = { oneof: field.oneof, key: NOTHING, unset: NOTHING };
    const one = (type: WireType) => [wireTag(field.number, type)];
    switch (field.fieldKind) {
      case "scalar": {
        const tags = one(wireTypeOf(field.scalar));
        return { ...nameless, takes: "last", tags, write: scalarWriter(field.scalar) };
      }
      case "enum": {
        const tags = one(WireType.Varint);
        return { ...nameless, takes: "last", tags, write: enumWriter(field.enum) };
      }
      case "message": {
        const { delimitedEncoding, message } = field;
        const tags = one(delimitedEncoding ? WireType.StartGroup : WireType.LengthDelimited);
        return { ...nameless, takes: "merged", tags, write: this.#inside(message, inside) };
      }
      case "list": {
        const write = listWriter(field, this.#element(field));
        return { ...nameless, takes: "all", tags: listTags(field), write };
      }
      case "map": {
        const write = mapWriter(field, this.#mapValue(field));
        return { ...nameless, takes: "all", tags: [mapTag(field)], write };
      }
    }
  }

  /** The writers of a type that an Any holds; undefined for one that the registry does not have. */
  packed(typeName: string): MessageWriter | undefined {
    const desc = this.#registry?.getMessage(typeName);
    return desc && this.message(desc);
  }

  /** A message with some of its fields. */
  part(desc: DescMessage, tree: FieldTree): WriteValue {
    const inside = this.members(desc.fields, { tree });
    return (bytes, start, end, out) => {
      const opening = out.length;
      inside(bytes, start, end, out);
      out.enclose(opening, "{}");
    };
  }

  /** The other members of the oneofs that some fields belong to. */
  #rivals(fields: readonly DescField[]): Member[] {
    const oneofs = new Set<DescOneof>();
    for (const { oneof } of fields) if (oneof !== undefined) oneofs.add(oneof);
    return [...oneofs]
      .flatMap((oneof) => oneof.fields)
      .filter((field) => !fields.includes(field))
      .map((field) => this.bare(field));
  }

  /** Types whose JSON has a form of its own are whole in every tree. */
  #inside(desc: DescMessage, tree: FieldTree | "whole"): WriteValue {
    if (tree === "whole" || hasCustomJsonRepresentation(desc)) return this.message(desc).write;
    return this.part(desc, tree);
  }

  #element(field: FieldOf<"list">): WriteValue {
    if (field.listKind === "message") return this.message(field.message).write;
    return field.listKind === "enum" ? enumWriter(field.enum) : scalarWriter(field.scalar);
  }

  #mapValue(field: FieldOf<"map">): MapValue {
    if (field.mapKind === "message") {
      return { write: this.message(field.message).write, unset: undefined };
    }
    if (field.mapKind === "scalar") {
      const unset = Buffer.from(scalarDefault(field.scalar));
      return { write: scalarWriter(field.scalar), unset };
    }
    const unset = Buffer.from(enumText(field.enum, field.enum.values[0]?.number ?? 0));
    return { write: enumWriter(field.enum), unset };
  }
}
