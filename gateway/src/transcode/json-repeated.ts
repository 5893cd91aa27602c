import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { textReader, type WriteValue, wireTypeOf } from "./json-value.ts";
import { malformed, skipVarint, WireFields, wireTag } from "./wire-fields.ts";

/** A field of one kind. */
export type FieldOf<Kind extends DescField["fieldKind"]> = Extract<DescField, { fieldKind: Kind }>;

const KEY = 1;
const VALUE = 2;
const NOTHING = Buffer.alloc(0);

/** The tags that the elements of a list may have: numbers and enums come one by one or packed, whatever the contract says. */
export function listTags(field: FieldOf<"list">): readonly number[] {
  const one = wireTag(field.number, elementType(field));
  if (field.listKind === "message" || wireTypeOf(scalarOf(field)) === WireType.LengthDelimited) {
    return [one];
  }
  return [one, wireTag(field.number, WireType.LengthDelimited)];
}

/** Writes all elements of a list in the message at the offsets. */
export function listWriter(field: FieldOf<"list">, write: WriteValue): WriteValue {
  const [one, packed] = listTags(field);
  const type = elementType(field);
  return (bytes, start, end, out) => {
    const opening = out.length;
    const fields = new WireFields().open(bytes, start, end);
    while (fields.next()) {
      if (fields.tag === one) {
        out.comma();
        write(bytes, fields.start, fields.end, out);
      } else if (fields.tag === packed) {
        for (let at = fields.start; at < fields.end; ) {
          const next = elementEnd(type, bytes, at);
          if (next > fields.end) throw malformed();
          out.comma();
          write(bytes, at, next, out);
          at = next;
        }
      }
    }
    out.enclose(opening, "[]");
  };
}

/** The tag of an entry of a map. */
export const mapTag = ({ number }: FieldOf<"map">): number =>
  wireTag(number, WireType.LengthDelimited);

/** How the value of an entry is written. */
export interface MapValue {
  readonly write: WriteValue;
  /** What stands for a value that an entry lacks; undefined for a message, which is empty then. */
  readonly unset: Buffer | undefined;
}

/**
 * Writes all entries of a map in the message at the offsets, in their order. Of two entries with the same key the last one
 * counts, in the place of the first. A key or value that an entry lacks is the default.
 */
export function mapWriter(field: FieldOf<"map">, { write, unset }: MapValue): WriteValue {
  const tag = mapTag(field);
  const readEntry = entryReader(field);
  return (bytes, start, end, out) => {
    const opening = out.length;
    const fields = new WireFields().open(bytes, start, end);
    const values = new Map<string, Buffer | undefined>();
    while (fields.next()) {
      if (fields.tag !== tag) continue;
      const { key, value } = readEntry(bytes.subarray(fields.start, fields.end));
      values.set(key, value);
    }
    for (const [key, value] of values) {
      out.comma();
      out.text(key);
      out.ascii(":");
      if (value === undefined && unset !== undefined) out.raw(unset);
      else write(value ?? NOTHING, 0, value?.length ?? 0, out);
    }
    out.enclose(opening, "{}");
  };
}

interface Entry {
  readonly key: string;
  readonly value: Buffer | undefined;
}

/** Of several values of one entry the last one counts; messages are merged. */
function entryReader(field: FieldOf<"map">): (entry: Buffer) => Entry {
  const keyTag = wireTag(KEY, wireTypeOf(field.mapKey));
  const valueTag = wireTag(VALUE, valueType(field));
  const readKey = textReader(field.mapKey);
  const defaultKey = DEFAULT_KEYS.get(field.mapKey) ?? "0";
  return (entry) => {
    const fields = new WireFields().open(entry, 0, entry.length);
    let key = defaultKey;
    let value: Buffer | undefined;
    const merged: Buffer[] = [];
    while (fields.next()) {
      if (fields.tag === keyTag) key = readKey(entry, fields.start, fields.end);
      if (fields.tag !== valueTag) continue;
      value = entry.subarray(fields.start, fields.end);
      if (field.mapKind === "message") merged.push(value);
    }
    return { key, value: merged.length > 1 ? Buffer.concat(merged) : value };
  };
}

const DEFAULT_KEYS: ReadonlyMap<ScalarType, string> = new Map([
  [ScalarType.STRING, ""],
  [ScalarType.BOOL, "false"],
]);

function valueType(field: FieldOf<"map">): WireType {
  if (field.mapKind === "message") return WireType.LengthDelimited;
  return field.mapKind === "enum" ? WireType.Varint : wireTypeOf(field.scalar);
}

function elementType(field: FieldOf<"list">): WireType {
  if (field.listKind !== "message") return wireTypeOf(scalarOf(field));
  return field.delimitedEncoding ? WireType.StartGroup : WireType.LengthDelimited;
}

const scalarOf = (field: FieldOf<"list">) =>
  field.listKind === "scalar" ? field.scalar : ScalarType.INT32;

function elementEnd(type: WireType, bytes: Buffer, at: number): number {
  if (type === WireType.Varint) return skipVarint(bytes, at);
  return at + (type === WireType.Bit64 ? 8 : 4);
}
