import type { JsonValue } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { type BindRule, createBinder, type RequestParts } from "./bind.ts";
import { KINDS, KINDS_REGISTRY } from "./testing/kinds.ts";
import { problemsOf } from "./testing/problems.ts";

const registry = KINDS_REGISTRY;
const INNER_URL = "type.googleapis.com/kinds.v1.Inner";
const DURATION_URL = "type.googleapis.com/google.protobuf.Duration";

const whole = bodyBinder("*");

describe("a body is refused", () => {
  test.each<[what: string, body: JsonValue, problems: string | string[]]>([
    [
      "a fraction",
      { aInt32: 0.5 },
      "a_int32 must be a whole number from -2147483648 to 2147483647",
    ],
    [
      "a whole number out of range",
      { aUint32: -1 },
      "a_uint32 must be a whole number from 0 to 4294967295",
    ],
    [
      "hexadecimal text",
      { aInt32: "0x10" },
      "a_int32 must be a whole number from -2147483648 to 2147483647",
    ],
    ["white space about a number", { aDouble: " 1" }, "a_double must be a number"],
    [
      "64 bits that JSON has rounded",
      { aInt64: 2 ** 53 },
      "a_int64 must be a whole number from -9223372036854775808 to 9223372036854775807, as a string beyond 2^53 - 1",
    ],
    [
      "a float out of range",
      { aFloat: 3.5e38 },
      "a_float must be a number that a 32-bit float can hold",
    ],
    ["a double out of range", { aDouble: JSON.parse("1e999") }, "a_double must be a number"],
    ["truth as text", { aBool: "true" }, "a_bool must be true or false"],
    ["half a surrogate pair", { aString: "\ud800" }, "a_string must be a string"],
    ["malformed base64", { aBytes: "A" }, "a_bytes must be bytes in base64"],
    ["a number for bytes", { aBytes: 5 }, "a_bytes must be bytes in base64"],
    [
      "an enum in another case",
      { aColor: "green" },
      "a_color must be one of RED, GREEN, BELOW_ZERO",
    ],
    [
      "null in a list",
      { stringList: ["a", null] },
      "string_list must be a list; each element must be a string",
    ],
    [
      "null in a list of messages",
      { innerList: [null] },
      "inner_list[0] must be an object of the documented form",
    ],
    ["null in a map", { stringMap: { k: null } }, 'string_map["k"] must be a string'],
    [
      "a message in a list, by its place",
      { innerList: [{}, {}, { size: "x" }] },
      "inner_list[2].size must be a whole number from -2147483648 to 2147483647",
    ],
    [
      "an unknown field in a list",
      { innerList: [{ colour: 1 }] },
      "inner_list[0].colour is not a field of this call",
    ],
    [
      "a value of a map, by its key",
      { int32Map: { a: 1, "b c": "x" } },
      'int32_map["b c"] must be a whole number from -2147483648 to 2147483647',
    ],
    [
      "a key of a map",
      { byInt32: { x: "a" } },
      'by_int32["x"] must have a key that is a whole number from -2147483648 to 2147483647',
    ],
    [
      "a key that is no truth value",
      { byBool: { yes: "a" } },
      'by_bool["yes"] must have a key that is true or false',
    ],
    ["one key by two texts", { byInt32: { "1": "a", "01": "b" } }, 'by_int32["01"] is given twice'],
    ["a list for a map", { stringMap: [] }, "string_map must be an object of keys and values"],
    [
      "a map for a list",
      { stringList: {} },
      "string_list must be a list; each element must be a string",
    ],
    [
      "a message in a map, by its place",
      { mapOfItself: { k: { inner: { size: true } } } },
      'map_of_itself["k"].inner.size must be a whole number from -2147483648 to 2147483647',
    ],
    [
      "two members of a oneof",
      { chosenInt32: 1, chosenString: "x" },
      "chosen_string cannot be given together with chosen_int32",
    ],
    [
      "a message and text of a oneof",
      { chosenInner: {}, chosenString: "x" },
      "chosen_string cannot be given together with chosen_inner",
    ],
    [
      "text and a message of a oneof",
      { chosenString: "x", chosenInner: {} },
      "chosen_inner cannot be given together with chosen_string",
    ],
    [
      "two members of a oneof inside",
      { inner: { byName: "x", byNumber: 1 } },
      "inner.by_number cannot be given together with inner.by_name",
    ],
    ["one field by two names", { aInt32: 1, a_int32: 1 }, "a_int32 is given twice, by two names"],
    [
      "an impossible time",
      { timestamp: "2026-02-30T00:00:00Z" },
      "timestamp must be a time such as 2026-01-31T00:00:00Z",
    ],
    [
      "one in a list",
      { timestampList: ["2026-02-30T00:00:00Z"] },
      "timestamp_list must be a list; each element must be a time such as 2026-01-31T00:00:00Z",
    ],
    [
      "one in a map",
      { timestampMap: { k: "2026-02-30T00:00:00Z" } },
      'timestamp_map["k"] must be a time such as 2026-01-31T00:00:00Z',
    ],
    [
      "one in a oneof",
      { chosenTimestamp: "2026-02-30T00:00:00Z" },
      "chosen_timestamp must be a time such as 2026-01-31T00:00:00Z",
    ],
    [
      "one in Any",
      { any: { "@type": "x/google.protobuf.Timestamp", value: "2026-02-30T00:00:00Z" } },
      "any.value must be a time such as 2026-01-31T00:00:00Z",
    ],
    [
      "one far inside",
      { listOfItself: [{ itself: { timestamp: "2026-02-30T00:00:00Z" } }] },
      "list_of_itself[0].itself.timestamp must be a time such as 2026-01-31T00:00:00Z",
    ],
    [
      "a mask of no paths",
      { fieldMask: "a,,b" },
      "field_mask must be a list of field paths such as name,address.city",
    ],
    [
      "a wrapper's object",
      { int32Value: { value: 1 } },
      "int32_value must be a whole number from -2147483648 to 2147483647",
    ],
    ["text for a Struct", { struct: "x" }, "struct must be an object"],
    ["an object for a ListValue", { listValue: {} }, "list_value must be a list"],
    [
      "an infinite number in a Struct",
      { struct: { a: [JSON.parse("1e999")] } },
      'struct["a"][0] must be a number that a double can hold',
    ],
    ["half a surrogate pair in a Value", { value: ["\ud800"] }, "value[0] must be a string"],
    ["a field in Empty", { empty: { a: 1 } }, "empty.a is not a field of this call"],
    [
      "Any of no type",
      { any: { name: "x" } },
      "any.@type must name a message that this server knows",
    ],
    [
      "Any of an unknown type",
      { any: { "@type": "x/kinds.v1.Nope" } },
      "any.@type must name a message that this server knows",
    ],
    [
      "a field that the type of Any has not",
      { any: { "@type": INNER_URL, colour: 1 } },
      "any.colour is not a field of this call",
    ],
    ["Any without its value", { any: { "@type": DURATION_URL } }, "any.value is missing"],
    [
      "a key beside the value of Any",
      { any: { "@type": DURATION_URL, value: "1s", x: 1 } },
      "any.x is not a field of this call",
    ],
    ["text for Any", { any: "x" }, "any must be an object of the documented form"],
    [
      "names of the prototype",
      JSON.parse('{"__proto__":{"aBool":true},"constructor":1,"inner":{"toString":1}}'),
      [
        "__proto__ is not a field of this call",
        "constructor is not a field of this call",
        "inner.toString is not a field of this call",
      ],
    ],
    [
      "every mistake, each at its place",
      { aBool: 1, innerList: [{ size: "x" }, 5], stringMap: { a: 1, b: 2 } },
      [
        "a_bool must be true or false",
        "inner_list[0].size must be a whole number from -2147483648 to 2147483647",
        "inner_list[1] must be an object of the documented form",
        'string_map["a"] must be a string',
        'string_map["b"] must be a string',
      ],
    ],
  ])("%s", (_what, body, problems) => {
    expect(problemsOf(() => whole({ body }))).toEqual([problems].flat());
  });

  test("Any, where the server knows no types", () => {
    const bind = bodyBinder("*", { registry: undefined });
    expect(problemsOf(() => bind({ body: { any: { "@type": INNER_URL } } }))).toEqual([
      "any.@type must name a message that this server knows",
    ]);
  });

  test.each<[what: string, nest: (inner: JsonValue) => JsonValue, start: JsonValue]>([
    ["messages", (itself) => ({ itself }), {}],
    ["lists of messages", (inner) => ({ list_of_itself: [inner] }), {}],
    ["maps of messages", (inner) => ({ map_of_itself: { k: inner } }), {}],
    ["lists in a Value", (inner) => ({ value: [inner] }), null],
    ["Any", (any) => ({ any: { "@type": "x/kinds.v1.Kinds", ...(any as object) } }), {}],
  ])("more than 99 levels of %s", (what, nest, start) => {
    let body = start;
    const isValue = what === "lists in a Value";
    for (let level = 0; level < 20_000; level++) body = isValue ? [body] : nest(body);
    expect(problemsOf(() => whole({ body: isValue ? { value: body } : body }))).toEqual([
      expect.stringMatching(/is nested more than 99 levels deep$/),
    ]);
  });

  test("thousands of mistakes, of which the first 20 are told, each cut", () => {
    const wrong = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, at) => [`${at}`.repeat(99), 1]),
    );
    const problems = problemsOf(() => whole({ body: { string_map: wrong, ...wrong } }));
    expect(problems).toHaveLength(20);
    expect(Math.max(...problems.map(({ length }) => length))).toBeLessThan(200);
  });
});

function bodyBinder(body: string, rule: Partial<BindRule> = {}) {
  const own = { body, variableNames: [], reservedParameters: [], registry, ...rule };
  const bind = createBinder(KINDS, own);
  return (parts: Partial<RequestParts>) =>
    bind({ variables: {}, query: "", body: undefined, ...parts });
}
