import { expect, it } from "vitest";
import { createJsonWriter } from "./json-writer.ts";
import { KINDS } from "./testing/kinds.ts";
import { long, named, sized, varint } from "./testing/wire.ts";

it.each<[field: string, bytes: number[], json: string]>([
  ["a_string", [], '""'],
  ["a_string", long("a_string", 65), '"A"'],
  ["optional_int32", [], "null"],
  ["optional_int32", varint("optional_int32", 0), "0"],
  ["a_color", [], '"COLOR_UNSPECIFIED"'],
  ["a_color", varint("a_color", 1), '"RED"'],
  ["a_null", varint("a_null", 0), "null"],
  ["int32_list", [], "[]"],
  ["int32_list", [...long("int32_list", 1), ...varint("int32_list", 2)], "[1,2]"],
  ["by_bool", [], "{}"],
  ["by_bool", long("by_bool", ...varint(1, 1), ...long(2, 65)), '{"true":"A"}'],
  ["timestamp", [], "null"],
  ["timestamp", long("timestamp"), '"1970-01-01T00:00:00Z"'],
  ["int64_value", long("int64_value", ...varint(1, 5)), '"5"'],
  ["empty", [], "{}"],
  ["optional_empty", [], "null"],
  ["inner", [], "null"],
  [
    "inner",
    [...long("inner", ...named("a")), ...long("inner", ...sized(2))],
    '{"name":"a","size":2,"deeper":null,"tags":[]}',
  ],
  ["chosen_int32", [], "null"],
  ["chosen_int32", [...varint("chosen_int32", 1), ...varint("chosen_bool", 1)], "null"],
  ["chosen_int32", [...varint("chosen_bool", 1), ...varint("chosen_int32", 1)], "1"],
])("writes %s alone", (fieldName, bytes, json) => {
  const field = KINDS.fields.find((each) => each.name === fieldName);
  expect(createJsonWriter(KINDS, field)(new Uint8Array(bytes))).toBe(json);
});
