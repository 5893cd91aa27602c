import { type Message, toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { createBinder } from "./bind.ts";
import { KINDS, KINDS_REGISTRY } from "./testing/kinds.ts";
import { problemsOf } from "./testing/problems.ts";

const bind = kindsBinder();
const jsonOf = (message: Message) => toJson(KINDS, message, { registry: KINDS_REGISTRY });

describe("a query sets", () => {
  test.each([
    ["a double", "a_double=-1.5e3", { aDouble: -1500 }],
    ["a double that is no number", "a_double=NaN", { aDouble: "NaN" }],
    ["a double without end", "a_double=-Infinity", { aDouble: "-Infinity" }],
    ["the largest float", "a_float=3.4028234663852886e38", { aFloat: 3.4028234663852886e38 }],
    ["a float that is no number", "aFloat=NaN", { aFloat: "NaN" }],
    ["the lowest int32", "a_int32=-2147483648", { aInt32: -2147483648 }],
    ["a whole number with an exponent", "a_int32=1e3", { aInt32: 1000 }],
    ["a whole number with a fraction of zeros", "a_uint32=1.0", { aUint32: 1 }],
    ["the highest uint64", "a_uint64=18446744073709551615", { aUint64: "18446744073709551615" }],
    ["the lowest sint64", "a_sint64=-9223372036854775808", { aSint64: "-9223372036854775808" }],
    ["the highest fixed32", "a_fixed32=4294967295", { aFixed32: 4294967295 }],
    ["sfixed64", "a_sfixed64=-5", { aSfixed64: "-5" }],
    ["bytes in base64", "a_bytes=%2B%2FA%3D", { aBytes: "+/A=" }],
    ["bytes in base64url", "a_bytes=-_A", { aBytes: "+/A=" }],
    ["an enum by a name in any case", "a_color=green", { aColor: "GREEN" }],
    ["an enum by number", "a_color=-1", { aColor: "BELOW_ZERO" }],
    ["an open enum by a number that it has not", "a_color=77", { aColor: 77 }],
    ["NullValue, whose only name is its value", "chosen_null=NULL_VALUE", { chosenNull: null }],
    ["a default, where it has presence", "optional_int32=0", { optionalInt32: 0 }],
    ["a duration", "duration=-1.5s", { duration: "-1.500s" }],
    ["a time", "timestamp=2026-01-31T01:02:03%2B01:00", { timestamp: "2026-01-31T00:02:03Z" }],
    ["a mask in camel case", "field_mask=aB,c.dE", { fieldMask: "aB,c.dE" }],
    ["a mask in snake case", "field_mask=a_b,c.d_e", { fieldMask: "aB,c.dE" }],
    ["an empty mask", "field_mask=", { fieldMask: "" }],
    [
      "a wrapper by its value",
      "uint64_value=5&bool_value=false",
      { uint64Value: "5", boolValue: false },
    ],
    ["a wrapper of bytes", "bytes_value=AQ", { bytesValue: "AQ==" }],
    ["a wrapper with presence", "optional_string_value=", { optionalStringValue: "" }],
    ["a member of a oneof", "chosen_int32=0", { chosenInt32: 0 }],
    ["a member of a oneof that is a time", "chosen_duration=1s", { chosenDuration: "1s" }],
    ["a member of a oneof that is a wrapper", "chosen_double_value=0", { chosenDoubleValue: 0 }],
    ["a list by repetition", "double_list=1&doubleList=NaN", { doubleList: [1, "NaN"] }],
    ["a list of bytes", "bytes_list=AQ&bytes_list=", { bytesList: ["AQ==", ""] }],
    [
      "a list of enums, also between commas",
      "color_list=red,2&color_list=5",
      { colorList: ["RED", "GREEN", 5] },
    ],
    [
      "a list of times",
      "timestamp_list=2026-01-31T00:00:00Z",
      { timestampList: ["2026-01-31T00:00:00Z"] },
    ],
    ["a list of wrappers", "int64_value_list=1&int64_value_list=2", { int64ValueList: ["1", "2"] }],
    ["a list of texts with commas", "string_list=a,b", { stringList: ["a,b"] }],
    ["a field of a message", "inner.name=x&inner.size=3", { inner: { name: "x", size: 3 } }],
    [
      "a field far inside",
      "inner.deeper.deeper.name=x",
      { inner: { deeper: { deeper: { name: "x" } } } },
    ],
    [
      "a field by names of JSON on the way",
      "optionalInner.deeper.byName=x",
      { optionalInner: { deeper: { byName: "x" } } },
    ],
    ["a list inside", "inner.tags=a&inner.tags=b", { inner: { tags: ["a", "b"] } }],
    [
      "one member of a oneof by two of its fields",
      "chosen_inner.name=x&chosen_inner.size=3",
      { chosenInner: { name: "x", size: 3 } },
    ],
    [
      "a field of a message that contains itself",
      "itself.itself.a_bool=true",
      { itself: { itself: { aBool: true } } },
    ],
    [
      "a field whose name is no lower_snake_case",
      "_underscore=a&Capital=b&camelCase=c",
      { Underscore: "a", Capital: "b", camelCase: "c" },
    ],
  ])("%s: %s", (_what, query, expected) => {
    expect(jsonOf(bind({ query }))).toEqual(expected);
  });
});

describe("a query is refused", () => {
  test.each([
    [
      "a float beyond its range",
      "a_float=3.5e38",
      "a_float must be a number that a 32-bit float can hold",
    ],
    ["a double beyond its range", "a_double=1e309", "a_double must be a number"],
    [
      "int32 beyond its range",
      "a_int32=2147483648",
      "a_int32 must be a whole number from -2147483648 to 2147483647",
    ],
    [
      "uint64 below zero",
      "a_uint64=-1",
      "a_uint64 must be a whole number from 0 to 18446744073709551615",
    ],
    ["a fraction for a whole number", "a_sfixed32=1.5", /^a_sfixed32 must be a whole number/],
    ["a truth value as a number", "a_bool=1", "a_bool must be true or false"],
    ["malformed base64", "a_bytes=A", "a_bytes must be bytes in base64"],
    ["base64 whose + is a space of a form", "a_bytes=+/A=", "a_bytes must be bytes in base64"],
    [
      "a name that an enum has not",
      "a_color=blue",
      "a_color must be one of RED, GREEN, BELOW_ZERO",
    ],
    ["an enum beyond 32 bits", "a_color=2147483648", /^a_color must be one of/],
    ["an enum that is a fraction", "a_color=0.5", /^a_color must be one of/],
    ["30 February", "timestamp=2026-02-30T00:00:00Z", /^timestamp must be a time such as/],
    [
      "30 February in a list",
      "timestamp_list=2026-02-30T00:00:00Z",
      /^timestamp_list must be a time/,
    ],
    [
      "30 February in a oneof",
      "chosen_timestamp=2026-02-30T00:00:00Z",
      /^chosen_timestamp must be/,
    ],
    [
      "30 February inside",
      "itself.timestamp=2026-02-30T00:00:00Z",
      /^itself.timestamp must be a time/,
    ],
    ["a duration beyond 10,000 years", "duration=315576000001s", /^duration must be a duration/],
    ["a path that no mask has", "field_mask=a,,b", /^field_mask must be a list of field paths/],
    ["a wrapper with a wrong value", "int32_value=x", /^int32_value must be a whole number/],
    [
      "a wrong value inside, by its whole name",
      "inner.deeper.size=x",
      /^inner.deeper.size must be/,
    ],
    [
      "an unknown field inside",
      "inner.colour=x",
      "inner.colour is not a query parameter of this call",
    ],
    [
      "a field of an unknown field",
      "colour.name=x",
      "colour.name is not a query parameter of this call",
    ],
    [
      "a field of text",
      "a_string.length=1",
      "a_string.length is not a query parameter of this call",
    ],
    [
      "a field of a time",
      "timestamp.seconds=1",
      "timestamp.seconds is not a query parameter of this call",
    ],
    [
      "a field of a wrapper",
      "int32_value.value=1",
      "int32_value.value is not a query parameter of this call",
    ],
    ["dots alone", "..=1", ".. is not a query parameter of this call"],
    ["a dot at the end", "inner.=1", "inner. is not a query parameter of this call"],
    [
      "the name of a prototype",
      "__proto__.x=1",
      "__proto__.x is not a query parameter of this call",
    ],
    [
      "and another",
      "inner.constructor=1",
      "inner.constructor is not a query parameter of this call",
    ],
    ["and one more", "toString=1", "toString is not a query parameter of this call"],
    [
      "a field of a message in a list",
      "inner_list.name=x",
      "inner_list.name cannot be set by text: inner_list is a list of messages",
    ],
    [
      "a field of a message in a map",
      "map_of_itself.a_bool=true",
      "map_of_itself.a_bool cannot be set by text: map_of_itself is a map",
    ],
    ["a map", "string_map=x", "string_map cannot be set by text, only by a body"],
    ["a list of messages", "inner_list=x", "inner_list cannot be set by text, only by a body"],
    [
      "a message",
      "inner=x",
      "inner cannot be set as a whole, only its fields can, such as inner.name",
    ],
    ["Struct", "struct=1", "struct cannot be set by text, only by a body"],
    ["Value", "value=1", "value cannot be set by text, only by a body"],
    ["ListValue", "list_value=1", "list_value cannot be set by text, only by a body"],
    ["Any", "any=1", "any cannot be set by text, only by a body"],
    ["Empty", "empty=", "empty cannot be set by text, only by a body"],
    [
      "one field given twice inside, by two names",
      "inner.by_name=a&inner.byName=a",
      "inner.byName is given more than once",
    ],
    [
      "two members of a oneof",
      "chosen_int32=1&chosen_string=x",
      "chosen_string cannot be given together with chosen_int32",
    ],
    [
      "a message and text of a oneof",
      "chosen_inner.size=1&chosen_string=x",
      "chosen_string cannot be given together with chosen_inner",
    ],
    [
      "text and a message of a oneof",
      "chosen_string=x&chosen_inner.size=1",
      "chosen_inner.size cannot be given together with chosen_string",
    ],
    [
      "two members of a oneof inside",
      "inner.by_name=x&inner.by_number=1",
      "inner.by_number cannot be given together with inner.by_name",
    ],
  ])("%s: %s", (_what, query, expected) => {
    expect(problemsOf(() => bind({ query }))).toEqual([
      expected instanceof RegExp ? expect.stringMatching(expected) : expected,
    ]);
  });

  test.each([
    ["33", `inner.${"deeper.".repeat(32)}name=x`],
    ["a million", `${".".repeat(1_000_000)}=1`],
  ])("with a name of %s dots", (_count, query) => {
    expect(problemsOf(() => bind({ query }))).toEqual([
      expect.stringMatching(/is nested too deeply$/),
    ]);
  });

  test("with all its mistakes, of which the first 20 are told", () => {
    const query = Array.from({ length: 3_000 }, () => "a_int32=x&inner.size=y").join("&");
    expect(problemsOf(() => bind({ query }))).toHaveLength(20);
  });
});

function kindsBinder() {
  const bindRequest = createBinder(KINDS, { body: "", variableNames: [], reservedParameters: [] });
  return ({ query }: { readonly query: string }) =>
    bindRequest({ variables: {}, query, body: undefined });
}
