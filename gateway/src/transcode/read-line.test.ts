import { toBinary, toJson } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { createLineReader, type LineRule } from "./read-line.ts";
import { INNER, KINDS, KINDS_REGISTRY as registry } from "./testing/kinds.ts";
import { problemsOf } from "./testing/problems.ts";

const WHOLE: LineRule = { body: "*", variableNames: [], registry };
const BARE: LineRule = { ...WHOLE, bareField: "name" };

const lineOf = (text: string) => ({ number: 3, bytes: Buffer.from(text) });
const readJson = (rule: LineRule, text: string) =>
  toJson(INNER, createLineReader(INNER, rule)(lineOf(text)));

test.each<[why: string, text: string, json: object]>([
  ["an object is the request", '{"name":"a","by_number":"5"}', { name: "a", byNumber: "5" }],
  ["with white space around it", ' \t{"size": 1 }\r', { size: 1 }],
  ["that is empty", "{}", {}],
  ["bare text is the field", "81.2.69.142", { name: "81.2.69.142" }],
  ["white space around it is not", " \t::1 \r", { name: "::1" }],
  ["a JSON string is the field", '"81.2.69.142"', { name: "81.2.69.142" }],
  ["with its white space and escapes", ' "\\u0061 " ', { name: "a " }],
  ["a JSON string may be empty", '""', {}],
  ["bare text keeps quotes and brackets inside", 'a"b{', { name: 'a"b{' }],
  ["what begins as a list is text", "[::1]", { name: "[::1]" }],
  ["so is what would be a number or null", "null", { name: "null" }],
  ["text may be any Unicode", "東京", { name: "東京" }],
])("a line where text is a field: %s", (_why, text, json) => {
  expect(readJson(BARE, text)).toEqual(json);
});

test("bare text may set a field of a message, or one that is a number", () => {
  expect(readJson({ ...WHOLE, bareField: "deeper.name" }, "a")).toEqual({ deeper: { name: "a" } });
  expect(readJson({ ...WHOLE, bareField: "size" }, "5")).toEqual({ size: 5 });
  expect(readJson({ ...WHOLE, bareField: "size" }, '"5"')).toEqual({ size: 5 });
});

test.each<[why: string, rule: LineRule, text: string, problems: string[]]>([
  [
    "every mistake is told, each with the line",
    WHOLE,
    '{"nmae":"a","size":"x","deeper":{"tags":[1]}}',
    [
      "line 3: nmae is not a field of this call",
      "line 3: size must be a whole number from -2147483648 to 2147483647",
      "line 3: deeper.tags must be a list; each element must be a string",
    ],
  ],
  ["a name given twice", WHOLE, '{"name":"a","name":"b"}', ["line 3: name is given twice"]],
  ["no JSON", WHOLE, "{", ["line 3 is not valid JSON in UTF-8"]],
  ["text where it is no field", WHOLE, "81.2.69.142", ["line 3 is not valid JSON in UTF-8"]],
  ["JSON that is no object", WHOLE, "[]", ["line 3 must be a JSON object"]],
  ["a JSON string where text is no field", WHOLE, '"a"', ["line 3 must be a JSON object"]],
  ["blanks", WHOLE, " \t", ["line 3 is not valid JSON in UTF-8"]],
  ["blanks where text is a field", BARE, " \r", ["line 3 is not valid JSON in UTF-8"]],
  ["two JSON strings", BARE, '"a" "b"', ["line 3 is not valid JSON in UTF-8"]],
  ["half an object", BARE, '{"name"', ["line 3 is not valid JSON in UTF-8"]],
  [
    "text that is not of the field's type",
    { ...WHOLE, bareField: "size" },
    "five",
    ["line 3: size must be a whole number from -2147483648 to 2147483647"],
  ],
  [
    "a field of the path",
    { ...WHOLE, variableNames: ["deeper.name"] },
    '{"deeper":{"name":"a"}}',
    ["line 3: deeper.name belongs in the path"],
  ],
  [
    "a mistake in the one field that lines are",
    { ...WHOLE, body: "deeper" },
    '{"size":"x"}',
    ["line 3: size must be a whole number from -2147483648 to 2147483647"],
  ],
  ["its absence", { ...WHOLE, body: "size" }, "null", ["line 3 must not be null"]],
  [
    "an element of it",
    { ...WHOLE, body: "tags" },
    '["a",1]',
    ["line 3 must be a list; each element must be a string"],
  ],
])("a mistake names its line: %s", (_why, rule, text, problems) => {
  expect(problemsOf(() => readJson(rule, text))).toEqual(problems);
});

test("bytes that are not UTF-8 are refused, as JSON and as text", () => {
  const bytes = Buffer.from([0x61, 0xff]);
  const read = (rule: LineRule) => () => createLineReader(INNER, rule)({ number: 1, bytes });
  expect(problemsOf(read(WHOLE))).toEqual(["line 1 is not valid JSON in UTF-8"]);
  expect(problemsOf(read(BARE))).toEqual(["line 1 is not text in UTF-8"]);
});

test("a line may be JSON of one field, of any kind", () => {
  expect(readJson({ ...WHOLE, body: "deeper" }, '{"name":"a"}')).toEqual({ deeper: { name: "a" } });
  expect(readJson({ ...WHOLE, body: "tags" }, '["a","b"]')).toEqual({ tags: ["a", "b"] });
  expect(readJson({ ...WHOLE, body: "by_name" }, '"a"')).toEqual({ byName: "a" });
});

test("lines share nothing: what one sets is unset in the next", () => {
  const read = createLineReader(INNER, BARE);
  const sizes = ['{"size":5,"tags":["a"]}', "b"].map((text) => toBinary(INNER, read(lineOf(text))));
  expect(sizes.map((bytes) => Buffer.from(bytes).toString("latin1"))).toEqual([
    "\x10\x05\x22\x01a",
    "\x0a\x01b",
  ]);
});

test.each<[why: string, rule: LineRule, complaint: string]>([
  ["a bare field that is none", { ...WHOLE, bareField: "nmae" }, '"nmae" names no field'],
  ["one that text cannot set", { ...WHOLE, bareField: "deeper" }, '"deeper" names no field'],
  ["one of the path", { ...BARE, variableNames: ["name"] }, "{name} of the path"],
  ["a body that is no field", { ...WHOLE, body: "nmae" }, 'the body "nmae" names no field'],
  ["a body of the path", { ...WHOLE, body: "name", variableNames: ["name"] }, 'the body "name"'],
])("%s is refused when the rule is compiled", (_why, rule, complaint) => {
  expect(() => createLineReader(INNER, rule)).toThrow(complaint);
});

test("a message that is no object in JSON is what its line is", () => {
  const value = KINDS.fields.find(({ name }) => name === "list_value")?.message;
  if (value === undefined) throw new Error("Kinds has no list_value");
  const read = createLineReader(value, WHOLE);
  expect(toJson(value, read(lineOf("[1,null]")))).toEqual([1, null]);
  expect(problemsOf(() => read(lineOf("{}")))[0]).toMatch(/^line 3 must be /);
});
