import { type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { type BindRule, createBinder, type RequestParts } from "./bind.ts";
import { KINDS, KINDS_REGISTRY } from "./testing/kinds.ts";
import { problemsOf } from "./testing/problems.ts";

const registry = KINDS_REGISTRY;
const INNER_URL = "type.googleapis.com/kinds.v1.Inner";

const jsonOf = (message: Message) => toJson(KINDS, message, { registry });

describe("a body of one field", () => {
  test.each<[field: string, body: JsonValue, expected: JsonValue]>([
    ["a_int32", 5, { aInt32: 5 }],
    ["a_string", "x", { aString: "x" }],
    ["a_bytes", "AQ", { aBytes: "AQ==" }],
    ["a_color", "RED", { aColor: "RED" }],
    ["chosen_null", null, { chosenNull: null }],
    ["optional_bool", false, { optionalBool: false }],
    ["string_list", ["a"], { stringList: ["a"] }],
    ["inner_list", [{ name: "x" }], { innerList: [{ name: "x" }] }],
    ["string_map", { k: "v" }, { stringMap: { k: "v" } }],
    ["inner", {}, { inner: {} }],
    ["chosen_inner", { size: 1 }, { chosenInner: { size: 1 } }],
    ["timestamp", "2026-01-31T00:00:00Z", { timestamp: "2026-01-31T00:00:00Z" }],
    ["int64_value", "5", { int64Value: "5" }],
    ["chosen_int64_value", 5, { chosenInt64Value: "5" }],
    ["struct", { a: 1 }, { struct: { a: 1 } }],
    ["value", null, { value: null }],
    ["list_value", [1], { listValue: [1] }],
    ["any", { "@type": INNER_URL }, { any: { "@type": INNER_URL } }],
    ["empty", {}, { empty: {} }],
  ])("%s is %j", (field, body, expected) => {
    expect(jsonOf(bodyBinder(field)({ body }))).toEqual(expected);
  });

  test.each<[field: string, body: JsonValue, problem: string]>([
    ["a_string", 5, "body must be a string"],
    ["a_string", null, "body must not be null"],
    ["inner", null, "body must be a JSON object"],
    [
      "inner",
      { deeper: { size: "x" } },
      "deeper.size must be a whole number from -2147483648 to 2147483647",
    ],
    [
      "inner_list",
      {},
      "body must be a list; each element must be an object of the documented form",
    ],
    [
      "inner_list",
      [{ size: "x" }],
      "body[0].size must be a whole number from -2147483648 to 2147483647",
    ],
    ["string_map", { k: 1 }, 'body["k"] must be a string'],
    ["timestamp", "2026-02-30T00:00:00Z", "body must be a time such as 2026-01-31T00:00:00Z"],
    ["struct", [], "body must be an object"],
  ])("%s is not %j", (field, body, problem) => {
    expect(problemsOf(() => bodyBinder(field)({ body }))).toEqual([problem]);
  });

  test.each<[what: string, field: string, body: JsonValue]>([
    ["a message", "chosen_inner", {}],
    ["a scalar", "chosen_int32", 1],
  ])("excludes a query with another member of its oneof: %s", (_what, field, body) => {
    expect(problemsOf(() => bodyBinder(field)({ query: "chosen_string=x", body }))).toEqual([
      `${field} cannot be given together with chosen_string`,
    ]);
  });

  test("adds to the message that the path has begun", () => {
    const bind = bodyBinder("inner", { variableNames: ["inner.name"] });
    const variables = { "inner.name": "x" };
    expect(jsonOf(bind({ variables, body: { size: 1 } }))).toEqual({
      inner: { name: "x", size: 1 },
    });
    expect(problemsOf(() => bind({ variables, body: { name: "y" } }))).toEqual([
      "name belongs in the path",
    ]);
  });
});

describe("a body for the whole request, with a variable inside a message,", () => {
  const bind = bodyBinder("*", { variableNames: ["inner.deeper.name", "chosen_int32"] });
  const variables = { "inner.deeper.name": "x", chosen_int32: "1" };

  test("adds to that message", () => {
    const body = { inner: { size: 1, deeper: { size: 2 } } };
    expect(jsonOf(bind({ variables, body }))).toEqual({
      inner: { size: 1, deeper: { name: "x", size: 2 } },
      chosenInt32: 1,
    });
  });

  test.each<[what: string, body: JsonValue, problem: string]>([
    ["the variable", { inner: { deeper: { name: "y" } } }, "inner.deeper.name belongs in the path"],
    [
      "the variable as null",
      { inner: { deeper: { name: null } } },
      "inner.deeper.name belongs in the path",
    ],
    [
      "another member of its oneof",
      { chosenInner: {} },
      "chosen_inner cannot be given together with chosen_int32",
    ],
    ["a variable of a oneof", { chosenInt32: 1 }, "chosenInt32 belongs in the path"],
  ])("must not have %s", (_what, body, problem) => {
    expect(problemsOf(() => bind({ variables, body }))).toEqual([problem]);
  });

  test("may have the same name at another place", () => {
    const body = {
      inner: { deeper: { deeper: { name: "y" } } },
      listOfItself: [{ chosenInt32: 2 }],
    };
    expect(() => bind({ variables, body })).not.toThrow();
  });
});

function bodyBinder(body: string, rule: Partial<BindRule> = {}) {
  const own = { body, variableNames: [], reservedParameters: [], registry, ...rule };
  const bind = createBinder(KINDS, own);
  return (parts: Partial<RequestParts>) =>
    bind({ variables: {}, query: "", body: undefined, ...parts });
}
