import {
  create,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { type BindRule, createBinder, type RequestParts } from "./bind.ts";
import { KINDS, KINDS_REGISTRY } from "./testing/kinds.ts";
import { problemsOf } from "./testing/problems.ts";

const registry = KINDS_REGISTRY;
const INNER_URL = "type.googleapis.com/kinds.v1.Inner";
const DURATION_URL = "type.googleapis.com/google.protobuf.Duration";

const whole = bodyBinder("*");
const jsonOf = (message: Message) => toJson(KINDS, message, { registry });

describe("a body sets what the library reads from it", () => {
  test.each<[what: string, body: JsonValue]>([
    ["numbers as they are", { aDouble: -1.5, aFloat: 0.5, a_int32: -1, a_uint32: 4294967295 }],
    ["numbers as texts", { aDouble: "-1.5e3", aFloat: "NaN", aInt32: "1e3", aUint64: "1" }],
    [
      "64-bit integers exactly",
      { aInt64: "-9223372036854775808", aFixed64: "18446744073709551615" },
    ],
    ["numbers without an end", { aDouble: "Infinity", aFloat: "-Infinity" }],
    ["a whole number with an exponent", { aSint32: 1e3, aSfixed64: 1e3 }],
    ["texts, truth and bytes", { aString: "\u0000é", aBool: true, aBytes: "-_A" }],
    ["enums by name and number", { aColor: "GREEN", colorList: ["RED", -1, 77] }],
    ["null as what is unset", { aInt32: null, inner: null, int32List: null, stringMap: null }],
    ["null as a value", { aNull: null, value: null, valueList: [null], valueMap: { a: null } }],
    ["null in a oneof, which is unset", { chosenString: null, chosenInt32: 1 }],
    ["null as a member of a oneof", { chosenNull: null }],
    ["Value null as a member of a oneof", { chosenValue: null }],
    ["defaults with presence", { optionalInt32: 0, optionalString: "", optionalInner: {} }],
    ["lists", { doubleList: [1, "NaN"], bytesList: [""], innerList: [{ size: 1 }, {}] }],
    [
      "maps of every kind of key",
      {
        byInt32: { "-1": "a" },
        byUint64: { "18446744073709551615": "a" },
        byBool: { true: "t", false: "f" },
        byString: { "": "e" },
      },
    ],
    ["maps of messages", { innerMap: { a: { deeper: { name: "x" } } }, durationMap: { b: "1s" } }],
    [
      "one key of a map that is named like the prototype",
      JSON.parse('{"stringMap":{"__proto__":"x","constructor":"y"}}'),
    ],
    ["itself", { itself: { itself: { listOfItself: [{ mapOfItself: { a: { aBool: true } } }] } } }],
    [
      "times, durations and masks",
      { timestamp: "2026-01-31T01:02:03.5+01:00", duration: "-0.5s", fieldMask: "aB,c" },
    ],
    [
      "wrappers in fields, lists and oneofs",
      { int64Value: "5", stringValueList: ["a", ""], chosenBoolValue: false },
    ],
    [
      "Struct, Value and ListValue",
      { struct: { a: [1, { b: null }] }, value: { c: "d" }, listValue: [1, [true]] },
    ],
    [
      "a name of the prototype in a Struct",
      JSON.parse('{"struct":{"__proto__":{"x":1}},"value":{"__proto__":1}}'),
    ],
    [
      "Struct in lists, maps and oneofs",
      { structList: [{ a: 1 }], structMap: { k: {} }, chosenStruct: { b: 2 } },
    ],
    ["Any of fields", { any: { "@type": INNER_URL, name: "x", byNumber: "1" } }],
    ["Any of a message with its own form", { any: { "@type": DURATION_URL, value: "1s" } }],
    [
      "Any in Any",
      {
        any: { "@type": "type.googleapis.com/google.protobuf.Any", value: { "@type": INNER_URL } },
      },
    ],
    ["Any of nothing, and Empty", { any: {}, empty: {}, emptyList: [{}] }],
    ["names that are no lower_snake_case", { Capital: "a", camelCase: "b", Underscore: "c" }],
  ])("%s", (_what, body) => {
    expect(whole({ body })).toEqual(fromJson(KINDS, body, { registry }));
  });

  test.each<[what: string, body: JsonValue, expected: JsonValue]>([
    ["a mask in snake case", { fieldMask: "a_b.c_d" }, { fieldMask: "aB.cD" }],
    [
      "64 bits with an exponent",
      { aInt64: "-1e3", aUint64: "1.0" },
      { aInt64: "-1000", aUint64: "1" },
    ],
    [
      "null beside a member of a oneof",
      { chosenInner: null, chosenBool: true },
      { chosenBool: true },
    ],
  ])("and %s, which it refuses", (_what, body, expected) => {
    expect(() => fromJson(KINDS, body)).toThrow("cannot decode");
    expect(jsonOf(whole({ body }))).toEqual(expected);
  });
});

test.each<[what: string, body: JsonValue]>([
  ["a time that no calendar has", { timestamp: "2026-02-30T00:00:00Z" }],
  ["text behind a duration", { duration: "1s later" }],
  ["base64 with white space", { aBytes: "AQ ==" }],
  ["base64 of both alphabets", { aBytes: "+_+_" }],
  ["base64 with padding in the middle", { aBytes: "AQ==AQ==" }],
  ["base64 with half of its padding", { aBytes: "AQ=" }],
  ["64 bits that JSON has rounded", { aInt64: 2 ** 53 }],
  ["a hexadecimal number in quotes", { aInt32: "0x10", aDouble: "0x10" }],
  ["a number in quotes without a digit at an end", { aDouble: ".5", aFloat: "1." }],
  ["a number in quotes with a plus", { aInt32: "+1" }],
  ["white space about 64 bits", { aInt64: " 1 " }],
  ["half of a surrogate pair in a Value", { value: "\ud800" }],
  ["an infinite number in a Struct", { struct: { a: JSON.parse("1e999") } }],
  ["a path of a mask that is no name", { fieldMask: "a b,,c" }],
  ["a key beside the value in Any", { any: { "@type": DURATION_URL, value: "1s", x: 1 } }],
])("a body is refused with %s, which the library takes", (_what, body) => {
  expect(() => fromJson(KINDS, body, { registry })).not.toThrow();
  expect(() => whole({ body })).toThrow(expect.objectContaining({ name: "TranscodeError" }));
});

test.each<[what: string, deepest: JsonValue, levels: number]>([
  ["a time", { timestamp: "2026-01-31T00:00:00Z" }, 1],
  ["a Value", { value: [[1]] }, 5],
  ["a Struct", { struct: { a: { b: 1 } } }, 5],
  ["Any", { any: { "@type": INNER_URL } }, 3],
  ["a map", { innerMap: { k: {} } }, 2],
])(
  "a body as deep as it may be, with %s, can be read back from binary",
  (_what, deepest, levels) => {
    let body = deepest;
    for (let level = levels; level < 99; level++) body = { itself: body };
    const message = whole({ body });
    expect(fromBinary(KINDS, toBinary(KINDS, message))).toEqual(message);
    expect(problemsOf(() => whole({ body: { itself: body } }))).toHaveLength(1);
  },
);

test("a message that is no object in JSON is read as its own form", () => {
  const input = KINDS_REGISTRY.getMessage("google.protobuf.Struct");
  if (input === undefined) throw new Error("no Struct");
  const bind = createBinder(input, { body: "*", variableNames: [], reservedParameters: [] });
  const body = { a: [1] };
  const parts = { variables: {}, query: "" };
  expect(bind({ ...parts, body })).toEqual(fromJson(input, body));
  expect(problemsOf(() => bind({ ...parts, body: [] }))).toEqual(["body must be an object"]);
  expect(bind({ ...parts, body: {} })).toEqual(create(input));
});

function bodyBinder(body: string, rule: Partial<BindRule> = {}) {
  const own = { body, variableNames: [], reservedParameters: [], registry, ...rule };
  const bind = createBinder(KINDS, own);
  return (parts: Partial<RequestParts>) =>
    bind({ variables: {}, query: "", body: undefined, ...parts });
}
