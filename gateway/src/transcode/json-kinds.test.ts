import {
  type DescField,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { EmptySchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createJsonWriter } from "./json-writer.ts";
import { INNER, KINDS, KINDS_REGISTRY as registry } from "./testing/kinds.ts";
import { messagesOf } from "./testing/messages.ts";

// Messages of every kind of field are large, and take long to shrink.
const RUNS = { seed: 10, numRuns: 25, endOnFailure: true };

const packed = [
  INNER,
  "Timestamp",
  "Struct",
  "Value",
  "Empty",
  "FieldMask",
  "Any",
  "DoubleValue",
].map((type) => {
  const found = typeof type === "string" ? registry.getMessage(`google.protobuf.${type}`) : type;
  if (found === undefined) throw new Error(`kinds.proto does not import ${type}`);
  return found;
});

/** An unset one is written as a value that reads back as a set one: `{}` of an Empty, `null` of a Value. */
const isAlwaysSet = ({ fieldKind, message, proto }: DescField) =>
  fieldKind === "message" &&
  ((message.typeName === EmptySchema.typeName && !proto.proto3Optional) ||
    message.typeName === ValueSchema.typeName);
const kinds = messagesOf(KINDS, { isAlwaysSet, packed, depthMax: 1 });
const write = createJsonWriter(KINDS, undefined, { registry });

/** The parsed JSON of a serialized message. */
const parsed = (json: string) => JSON.parse(Buffer.from(json, "latin1").toString()) as JsonValue;

/** With numbers as floats, of which the library writes more digits than they have. */
const rounded = (json: JsonValue): JsonObject =>
  JSON.parse(JSON.stringify(json), (_key, value: unknown) =>
    typeof value === "number" ? Math.fround(value) : value,
  );

it("writes a message of any fields so that the standard reader gets back the same", () => {
  fc.assert(
    fc.property(kinds, (message) => {
      const bytes = toBinary(KINDS, message);
      const read = fromJson(KINDS, parsed(write(bytes)), { registry });
      expect(Buffer.from(toBinary(KINDS, read)).equals(bytes)).toBe(true);
    }),
    RUNS,
  );
});

it("writes what is set as the standard writer does", () => {
  fc.assert(
    fc.property(kinds, (message) => {
      const json = toJson(KINDS, message, { registry, useProtoFieldName: true });
      expect(rounded(parsed(write(toBinary(KINDS, message))))).toMatchObject(rounded(json));
    }),
    RUNS,
  );
});

const deep = ["Struct", "Value", "ListValue"].map((name) => `google.protobuf.${name}`);
it.each([...deep, INNER.typeName])("writes a %s of many levels", (typeName) => {
  const desc = registry.getMessage(typeName) ?? INNER;
  const writeDeep = createJsonWriter(desc);
  fc.assert(
    fc.property(messagesOf(desc, { depthMax: 4 }), (message) => {
      const bytes = toBinary(desc, message);
      const read = fromJson(desc, parsed(writeDeep(bytes)));
      expect(toBinary(desc, read)).toEqual(bytes);
    }),
    { seed: 10, numRuns: 100 },
  );
});

it("writes every field of an empty message, each as what is not set", () => {
  const json = parsed(write(new Uint8Array())) as JsonObject;
  const fields = KINDS.fields.filter(({ oneof }) => oneof === undefined);
  expect(Object.keys(json)).toEqual(fields.map(({ name }) => name));
  const byName = (test: (field: DescField) => boolean, value: JsonValue) =>
    fields.filter(test).map(({ name }) => [name, value] as const);
  expect(json).toEqual({
    ...json,
    ...Object.fromEntries([
      ...byName(({ fieldKind }) => fieldKind === "list", []),
      ...byName(({ fieldKind }) => fieldKind === "map", {}),
      ...byName(
        ({ fieldKind, message }) => fieldKind === "message" && message !== EmptySchema,
        null,
      ),
      ...byName(({ proto }) => proto.proto3Optional, null),
    ]),
    empty: {},
    a_double: 0,
    a_float: 0,
    a_int64: "0",
    a_fixed64: "0",
    a_sint32: 0,
    a_bool: false,
    a_string: "",
    a_bytes: "",
    a_color: "COLOR_UNSPECIFIED",
    a_null: null,
  });
});
