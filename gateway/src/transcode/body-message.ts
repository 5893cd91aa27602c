import { create, type DescField, type DescMessage, type Registry } from "@bufbuild/protobuf";
import { AnySchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { anyReader } from "./body-any.ts";
import { extensionReader } from "./body-extension.ts";
import { fieldReader, noteRival, placeOf, readValue } from "./body-field.ts";
import {
  isObject,
  type MergeObject,
  NO_OBJECT,
  type ReadField,
  type ReadValue,
  UNKNOWN_FIELD,
  within,
} from "./body-run.ts";
import { ANY_JSON, readStructField } from "./body-struct.ts";
import { extensionsIn } from "./extensions.ts";
import { childIn, slotOf } from "./field-slot.ts";
import { messageTypeOf, valueTypeOf } from "./text-value.ts";
import type { ValueType } from "./value-type.ts";

/** Fields that are set elsewhere, by their names in the contract, with dots where they are nested. */
export type Elsewhere = ReadonlySet<string>;

/** Readers of the JSON of any message. Each type is compiled once, with the types that it contains. */
export interface BodyReaders {
  /** Reads a message that is no object of its fields in JSON. Undefined for one that is. */
  readonly specialOf: (desc: DescMessage) => ReadValue | undefined;
  /** Sets the fields of a message that is an object of its fields. Those elsewhere must not come in it. */
  readonly objectOf: (desc: DescMessage, elsewhere: Elsewhere) => MergeObject;
  /** Sets a field of any kind. */
  readonly fieldOf: (field: DescField, elsewhere: Elsewhere) => ReadField;
}

/** No fields. */
export const NOWHERE: Elsewhere = new Set();

/** Creates readers. The registry has the messages that a google.protobuf.Any may hold, and the extensions of messages. */
export function createBodyReaders(registry: Registry | undefined): BodyReaders {
  const objects = new Map<DescMessage, MergeObject>();
  const extensionsOf = extensionsIn(registry);
  const readAny = anyReader({ registry, readerOf: (desc) => specialOf(desc) ?? objectIn(desc) });

  function specialOf(desc: DescMessage): ReadValue | undefined {
    const type = messageTypeOf(desc);
    if (type !== undefined) return readValue(type);
    return desc.typeName === AnySchema.typeName ? readAny : ANY_JSON.get(desc.typeName);
  }

  function objectOf(desc: DescMessage, elsewhere: Elsewhere): MergeObject {
    if (elsewhere.size > 0) return objectMerger(namedFields(desc, elsewhere), elsewhere);
    const found = objects.get(desc);
    if (found !== undefined) return found;
    // Known before it is compiled, as the message may contain itself.
    objects.set(desc, (message, json, spot) => objects.get(desc)?.(message, json, spot));
    const merge = objectMerger(namedFields(desc, NOWHERE), NOWHERE);
    objects.set(desc, merge);
    return merge;
  }

  /** The fields of a message and its extensions, by their names in the contract and in proto3 JSON. */
  function namedFields(desc: DescMessage, elsewhere: Elsewhere): NamedFields {
    const byName = new Map<string, NamedField>();
    for (const field of desc.fields) {
      const entry = { field, read: fieldOf(field, elsewhere) };
      byName.set(field.name, entry).set(field.jsonName, entry);
    }
    for (const each of extensionsOf(desc)) {
      const { field } = each;
      byName.set(field.name, { field, read: extensionReader(each, fieldOf(field, NOWHERE)) });
    }
    return byName;
  }

  function fieldOf(field: DescField, elsewhere: Elsewhere): ReadField {
    const values = valuesOf(field);
    if (values !== undefined) return fieldReader(field, values);
    const inner = field.message as DescMessage;
    return field.fieldKind === "message"
      ? objectField(field, inner, elsewhere)
      : fieldReader(field, objectIn(inner));
  }

  /** Undefined for messages that are objects of their fields. */
  function valuesOf(field: DescField): ValueType | ReadValue | undefined {
    const type = valueTypeOf(field);
    if (type !== undefined || field.message === undefined) return type;
    const isJson =
      field.message.typeName === StructSchema.typeName &&
      field.parent?.typeName !== ValueSchema.typeName;
    return isJson ? readStructField : specialOf(field.message);
  }

  function objectIn(desc: DescMessage): ReadValue {
    const merge = objectOf(desc, NOWHERE);
    return (json, place, run) => {
      if (!isObject(json)) {
        run.problems.add(place, NO_OBJECT);
        return undefined;
      }
      const message = create(desc);
      within(run, { place, levels: 1 }, () => merge(message, json, { prefix: `${place}.`, run }));
      return message;
    };
  }

  /** A field that the path may have set parts of: the body adds to its message. */
  function objectField(field: DescField, inner: DescMessage, elsewhere: Elsewhere): ReadField {
    const slot = slotOf(field);
    const merge = objectOf(inner, namesBelow(elsewhere, field.name));
    return (message, json, spot) => {
      if (json === null) return;
      const { run } = spot;
      const rival = slot.rivalIn(message);
      if (rival !== undefined) noteRival(field, rival, spot);
      else if (!isObject(json)) run.problems.add(placeOf(field, spot), NO_OBJECT);
      else {
        const place = placeOf(field, spot);
        const child = childIn(message, slot, inner);
        within(run, { place, levels: 1 }, () => merge(child, json, { prefix: `${place}.`, run }));
      }
    };
  }

  return { specialOf, objectOf, fieldOf };
}

interface NamedField {
  readonly field: DescField;
  readonly read: ReadField;
}

type NamedFields = ReadonlyMap<string, NamedField>;

/** Compiles the reading of an object: its keys are the names of fields in the contract or in proto3 JSON. */
function objectMerger(byName: NamedFields, elsewhere: Elsewhere): MergeObject {
  return (message, json, spot) => {
    const { prefix, run } = spot;
    const seen = new Set<DescField>();
    for (const [key, value] of Object.entries(json)) {
      const entry = byName.get(key);
      if (entry === undefined) run.problems.add(`${prefix}${key}`, UNKNOWN_FIELD);
      else if (elsewhere.has(entry.field.name)) {
        run.problems.add(`${prefix}${key}`, "belongs in the path");
      } else if (seen.has(entry.field)) {
        run.problems.add(`${prefix}${key}`, "is given twice, by two names");
      } else entry.read(message, value, spot);
      if (entry !== undefined) seen.add(entry.field);
    }
  };
}

/** The names below a field, without its own. */
export function namesBelow(elsewhere: Elsewhere, name: string): Elsewhere {
  if (elsewhere.size === 0) return NOWHERE;
  const start = `${name}.`;
  const below = [...elsewhere].filter((path) => path.startsWith(start));
  return new Set(below.map((path) => path.slice(start.length)));
}
