import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJson } from "./read-json.ts";

const parse = (text: string) => readJson(Buffer.from(text));
const MEGABYTE = 1024 * 1024;

describe("two members of one name in an object are a mistake", () => {
  test.each([
    ["at the top", '{"a":1,"a":1}', "a"],
    ["of which one is null", '{"a":null,"a":1}', "a"],
    ["with spaces about", '{ "a" : 1 ,\n\t"a"\r\n: 2 }', "a"],
    ["in an object", '{"x":{"a":1,"b":2,"a":3}}', "a"],
    ["in a list", '{"x":[{"a":1},{"b":2,"b":[]}]}', "b"],
    ["one of them escaped", '{"a":1,"\\u0061":2}', "a"],
    ["an empty name", '{"":1,"":2}', ""],
    ["the name of a prototype", '{"__proto__":1,"__proto__":2}', "__proto__"],
    ["beside text that looks like a name", '{"a":"::1","a":"\\":"}', "a"],
    ["behind as much text that looks like one", '{"a":["::1",":"],"b":1,"b":2}', "b"],
  ])("%s: %s", (_where, text, name) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        name: "TranscodeError",
        fields: [{ field: name, description: "is given twice" }],
      }),
    );
  });
});

test.each([
  ["the same name in two objects", '[{"a":1},{"a":2}]'],
  ["and in one inside the other", '{"a":{"a":{"a":1}}}'],
  ["names in texts", '{"a":"\\"a\\":1","b":"a:","c":":","d":"\\\\"}'],
  ["addresses that begin with colons", '{"ip_addresses":["::1","::","::ffff:192.0.2.1"]}'],
  ["names that differ in case", '{"a":1,"A":2}'],
  ["a number", "5"],
])("is read: %s", (_what, text) => {
  expect(parse(text)).toEqual(JSON.parse(text));
});

test.each([
  ["nothing", ""],
  ["half of it", '{"a":'],
  ["a comma at the end", "[1,]"],
  ["something behind it", "{} {}"],
  ["a byte order mark alone", "\ufeff"],
])("is no JSON: %s", (_what, text) => {
  expect(() => parse(text)).toThrow("is not valid JSON in UTF-8");
});

test("bytes that are not UTF-8 are no JSON", () => {
  expect(() => readJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow("is not valid JSON in UTF-8");
});

test.each([
  ["levels", "[".repeat(MEGABYTE / 2) + "]".repeat(MEGABYTE / 2)],
  ["a string", JSON.stringify({ a: "x".repeat(MEGABYTE), b: ":" })],
  ["escapes", JSON.stringify({ a: "\n".repeat(MEGABYTE / 2), b: ":" })],
  ["objects in each other", `${'{":":'.repeat(100_000)}1${"}".repeat(100_000)}`],
])("a megabyte of %s is read", (_what, text) => {
  expect(() => parse(text)).not.toThrow();
});

test("any JSON is read as the standard does, and any repeated name found", () => {
  const name = fc.oneof(fc.constantFrom("a", "b", ":", '":', "\\", "__proto__"), fc.string());
  type Made = [text: string, isFine: boolean];
  const made = (text: string, isFine: boolean): Made => [text, isFine];
  const { value } = fc.letrec<{ value: Made }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc
        .oneof(name, fc.integer(), fc.constant(null))
        .map((leaf) => made(JSON.stringify(leaf), true)),
      fc.array(tie("value"), { maxLength: 4 }).map((items) => {
        const text = `[${items.map(([item]) => item).join(",")}]`;
        return made(
          text,
          items.every(([, isFine]) => isFine),
        );
      }),
      fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map((members) => {
        const pairs = members.map(([key, [text]]) => `${JSON.stringify(key)} :${text}`);
        const areFine = members.every(([, [, isFine]]) => isFine);
        const names = new Set(members.map(([key]) => key));
        return made(`{${pairs.join(", ")}}`, areFine && names.size === members.length);
      }),
    ),
  }));
  fc.assert(
    fc.property(value, ([text, isFine]) => {
      if (isFine) expect(parse(text)).toEqual(JSON.parse(text));
      else expect(() => parse(text)).toThrow("is given twice");
    }),
    { numRuns: 3_000 },
  );
});
