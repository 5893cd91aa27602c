import type { JsonObject } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { withRules } from "./rules.ts";
import type { Schema } from "./types.ts";

const TEXT: Schema = { type: "string" };
const NUMBER: Schema = { type: "integer", minimum: 0 };

test.each([
  [{ string: { min_len: "1", max_len: "64" } }, { minLength: 1, maxLength: 64 }],
  [{ string: { len: "2" } }, { minLength: 2, maxLength: 2 }],
  [{ string: { pattern: "^[a-z]+$" } }, { pattern: "^[a-z]+$" }],
  [{ string: { in: ["", "de"] } }, { enum: ["", "de"] }],
  [{ string: { not_in: ["-"] } }, { not: { enum: ["-"] } }],
  [{ string: { const: "x" } }, { const: "x" }],
  [{ string: { email: true } }, { format: "email" }],
  [{ string: { email: false } }, {}],
  // JSON Schema has no format for either of the two.
  [{ string: { ip: true } }, { anyOf: [{ format: "ipv4" }, { format: "ipv6" }] }],
  [{ string: { example: ["a"] } }, { examples: ["a"] }],
  // A property of the object, not of the value.
  [{ required: true }, {}],
  [{ ignore: "IGNORE_ALWAYS", string: { min_len: "1" } }, {}],
])("%j of a text", (rules, keywords) => {
  expect(withRules(TEXT, rules as JsonObject)).toEqual({ ...TEXT, ...keywords });
});

test.each([
  [{ uint32: { gte: 1, lte: 500 } }, { minimum: 1, maximum: 500 }],
  [{ double: { gt: -90, lt: 90 } }, { exclusiveMinimum: -90, exclusiveMaximum: 90 }],
  [{ int32: { in: [1, 2] } }, { enum: [1, 2] }],
])("%j of a number", (rules, keywords) => {
  expect(withRules(NUMBER, rules as JsonObject)).toEqual({ ...NUMBER, ...keywords });
});

test("rules of elements apply to the elements", () => {
  const rules = { repeated: { min_items: "1", unique: true, items: { string: { max_len: "9" } } } };
  expect(withRules({ type: "array", items: TEXT }, rules)).toEqual({
    type: "array",
    minItems: 1,
    uniqueItems: true,
    items: { type: "string", maxLength: 9 },
  });
});

test.each([
  // Strings in JSON.
  [{ int64: { gte: "0", lte: "9" } }, ["int64.gte: 0", "int64.lte: 9"]],
  [{ duration: { lte: "86400s" } }, ["duration.lte: 86400s"]],
  [{ bytes: { len: "16" } }, ["bytes.len: 16"]],
  // No keyword.
  [{ string: { prefix: "gm_" } }, ["string.prefix: gm_"]],
  [{ cel: [{ id: "a", message: "b", expression: "this != ''" }] }, ["cel: this != ''"]],
  [{ ignore: "IGNORE_IF_ZERO_VALUE" }, ["ignore: IGNORE_IF_ZERO_VALUE"]],
  // Not a pattern of ECMAScript.
  [{ string: { pattern: "(?P<name>a)" } }, ["string.pattern: (?P<name>a)"]],
])("%j has no keyword and becomes a text", (rules, texts) => {
  expect(withRules(TEXT, rules as JsonObject)).toEqual({ ...TEXT, "x-geomesh-rules": texts });
});
