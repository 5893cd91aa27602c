import { create, type DescField, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FieldTree } from "./field-tree.ts";
import { createJsonWriter, createMembersWriter } from "./json-writer.ts";
import { INNER, KINDS, KINDS_REGISTRY } from "./testing/kinds.ts";
import { messagesOf } from "./testing/messages.ts";
import { long, named, sized, varint } from "./testing/wire.ts";

const LEVELS = 3;
const registry = KINDS_REGISTRY;

type Json = Readonly<Record<string, unknown>>;

/** Random trees of a type; some have other trees inside what is whole whatever they say. */
function treesOf({ fields }: DescMessage, levels: number): fc.Arbitrary<FieldTree> {
  return fc
    .uniqueArray(fc.constantFrom(...fields), { minLength: 1, maxLength: 12 })
    .chain((some) =>
      fc
        .tuple(...some.map((field) => fc.tuple(fc.constant(field.number), insideOf(field, levels))))
        .map((entries): FieldTree => new Map(entries)),
    );
}

function insideOf({ message }: DescField, levels: number): fc.Arbitrary<FieldTree | "whole"> {
  const whole = fc.constant("whole" as const);
  if (message === undefined || message.fields.length === 0 || levels === 0) return whole;
  return fc.oneof(whole, treesOf(message, levels - 1));
}

/** What a tree leaves of the JSON of a whole message. */
function filtered({ fields }: DescMessage, json: Json, tree: FieldTree): Json {
  const left = fields.flatMap((field): [string, unknown][] => {
    const inside = tree.get(field.number);
    if (inside === undefined || !(field.name in json)) return [];
    const value = json[field.name];
    const isWhole =
      inside === "whole" ||
      field.fieldKind !== "message" ||
      hasCustomJsonRepresentation(field.message) ||
      value === null;
    return [[field.name, isWhole ? value : filtered(field.message, value as Json, inside)]];
  });
  return Object.fromEntries(left);
}

const parsed = (text: string): Json => JSON.parse(Buffer.from(text, "latin1").toString());

test("the JSON of a tree is that of the whole message, without the other fields", () => {
  const writeWhole = createJsonWriter(KINDS, undefined, { registry });
  const messages = messagesOf(KINDS, { depthMax: LEVELS });
  fc.assert(
    fc.property(messages, treesOf(KINDS, LEVELS), (message, tree) => {
      const bytes = toBinary(KINDS, message);
      const expected = JSON.stringify(filtered(KINDS, parsed(writeWhole(bytes)), tree));
      const write = createJsonWriter(KINDS, undefined, { registry, tree });
      expect(JSON.stringify(parsed(write(bytes)))).toBe(expected);
      const members = createMembersWriter(KINDS, KINDS.fields, { registry, tree })(bytes);
      expect(JSON.stringify(parsed(`{${members.slice(1)}}`))).toBe(expected);
    }),
  );
});

test("a field with a tree is written as in its message", () => {
  const { inner } = KINDS.field;
  if (inner?.message === undefined) throw new Error("kinds.proto has no field inner");
  const tree: FieldTree = new Map([[2, "whole"]]);
  const bytes = new Uint8Array([...long("inner", ...named("a")), ...long("inner", ...sized(2))]);
  // Several values of a message are merged, of which the tree has a part.
  expect(createJsonWriter(KINDS, inner, { tree })(bytes)).toBe('{"size":2}');
  expect(createJsonWriter(KINDS, inner, { tree })(new Uint8Array(0))).toBe("null");
});

const number = (desc: DescMessage, name: string): number => {
  const field = desc.fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`no field ${name}`);
  return field.number;
};
const kind = (name: string) => number(KINDS, name);
const inner = (name: string) => number(INNER, name);
const only = (name: string, inside: FieldTree | "whole" = "whole"): FieldTree =>
  new Map([[kind(name), inside]]);
const SIZE: FieldTree = new Map([[inner("size"), "whole"]]);
const NESTED: FieldTree = new Map<number, FieldTree | "whole">([
  [inner("name"), "whole"],
  [inner("deeper"), new Map([[inner("deeper"), SIZE]])],
]);

test.each<[why: string, tree: FieldTree, bytes: number[], json: string]>([
  ["a value", only("a_int32"), varint("a_int32", 5), '{"a_int32":5}'],
  ["a value that is not set", only("a_int32"), varint("a_bool", 1), '{"a_int32":0}'],
  ["a part that is set", only("inner", SIZE), long("inner", ...sized(3)), '{"inner":{"size":3}}'],
  ["a part without the field", only("inner", SIZE), long("inner"), '{"inner":{"size":0}}'],
  [
    "a part of a type that contains itself, not set: its object would have no end elsewhere",
    only("inner", SIZE),
    [],
    '{"inner":null}',
  ],
  [
    "a type inside itself, three times",
    only("inner", NESTED),
    long("inner", ...named("a"), ...long(3, ...long(3, ...sized(4)))),
    '{"inner":{"name":"a","deeper":{"deeper":{"size":4}}}}',
  ],
  [
    "a type inside itself, cut off",
    only("inner", NESTED),
    long("inner", ...long(3)),
    '{"inner":{"name":"","deeper":{"deeper":null}}}',
  ],
  ["a member of a oneof", only("chosen_int32"), varint("chosen_int32", 1), '{"chosen_int32":1}'],
  ["a member that is not set", only("chosen_int32"), [], "{}"],
  [
    "a member that another one, which is not in the tree, has unset",
    only("chosen_int32"),
    [...varint("chosen_int32", 1), ...varint("chosen_bool", 1)],
    "{}",
  ],
  ["a list is whole", only("inner_list", SIZE), [], '{"inner_list":[]}'],
  ["a map is whole", only("inner_map", SIZE), [], '{"inner_map":{}}'],
  [
    "a Timestamp is whole",
    only("timestamp", new Map([[1, "whole"]])),
    long("timestamp"),
    '{"timestamp":"1970-01-01T00:00:00Z"}',
  ],
  [
    "a Timestamp that is not set",
    only("timestamp", new Map([[1, "whole"]])),
    [],
    '{"timestamp":null}',
  ],
  ["a field that the type lacks", new Map([[4_000, "whole"]]), varint("a_bool", 1), "{}"],
])("%s", (_why, tree, bytes, json) => {
  expect(createJsonWriter(KINDS, undefined, { tree })(new Uint8Array(bytes))).toBe(json);
});

test("writers that failed leave nothing behind for others", () => {
  const write = createJsonWriter(KINDS, undefined, { tree: only("a_string") });
  const other = createJsonWriter(INNER, undefined, { tree: SIZE });
  const text = toBinary(KINDS, create(KINDS, { aString: "text" }));
  expect(() => write(text.subarray(0, -1))).toThrow(/not a serialized message/);
  expect(() => write(new Uint8Array(long("a_string", 0xff)))).toThrow(/UTF-8/);
  expect(other(new Uint8Array(sized(2)))).toBe('{"size":2}');
  expect(write(text)).toBe('{"a_string":"text"}');
});
