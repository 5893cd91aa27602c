import { type DescMessage, type Message, toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { type BindRule, createBinder, type RequestParts } from "./bind.ts";
import { INNER, KINDS, KINDS_REGISTRY } from "./testing/kinds.ts";
import { problemsOf } from "./testing/problems.ts";

const jsonOf = (message: Message) => toJson(KINDS, message, { registry: KINDS_REGISTRY });

describe("a path variable", () => {
  const nested = kindsBinder({ variableNames: ["inner.name"] });

  test("sets a field of a message, to which a query adds", () => {
    const message = nested({ variables: { "inner.name": "x" }, query: "inner.size=3" });
    expect(jsonOf(message)).toEqual({ inner: { name: "x", size: 3 } });
  });

  test("is not set by a query as well", () => {
    const attempt = () =>
      nested({ variables: { "inner.name": "x" }, query: "inner.name=y&inner.byName=z" });
    expect(problemsOf(attempt)).toEqual(["inner.name is not a query parameter of this call"]);
  });

  test.each([
    ["bytes", "a_bytes", "_-A", { aBytes: "/+A=" }],
    ["an enum", "a_color", "red", { aColor: "RED" }],
    ["a member of a oneof", "chosen_int64", "-1", { chosenInt64: "-1" }],
    ["a field of a member of a oneof", "chosen_inner.size", "1", { chosenInner: { size: 1 } }],
    ["a field with presence", "optional_bool", "false", { optionalBool: false }],
    ["a wrapper", "string_value", "", { stringValue: "" }],
    ["a time", "timestamp", "2026-01-31T00:00:00Z", { timestamp: "2026-01-31T00:00:00Z" }],
  ])("may be %s: {%s}", (_what, name, text, expected) => {
    const message = kindsBinder({ variableNames: [name] })({ variables: { [name]: text } });
    expect(jsonOf(message)).toEqual(expected);
  });

  test.each([
    ["a list", ["string_list"], "{string_list} names no field"],
    ["a map", ["string_map"], "{string_map} names no field"],
    ["a message", ["inner"], "{inner} names no field"],
    ["a field in a list", ["inner_list.name"], "{inner_list.name} names no field"],
    ["an unknown field inside", ["inner.colour"], "{inner.colour} names no field"],
    ["one field by two names", ["a_int32", "aInt32"], "{a_int32} and {a_int32} cannot both be set"],
    [
      "two members of a oneof",
      ["chosen_int32", "chosen_inner.size"],
      "{chosen_int32} and {chosen_inner} cannot both",
    ],
    [
      "two of a oneof inside",
      ["inner.by_name", "inner.by_number"],
      "{inner.by_name} and {inner.by_number} cannot",
    ],
  ])("that is %s keeps a server from starting", (_what, variableNames, message) => {
    expect(() => kindsBinder({ variableNames })).toThrow(message);
  });

  test("and another may be fields of one member of a oneof", () => {
    const variableNames = ["chosen_inner.name", "chosen_inner.size"];
    const variables = { "chosen_inner.name": "x", "chosen_inner.size": "1" };
    expect(jsonOf(kindsBinder({ variableNames })({ variables }))).toEqual({
      chosenInner: { name: "x", size: 1 },
    });
  });

  test("excludes the other members of its oneof", () => {
    const chosen = kindsBinder({ variableNames: ["chosen_int32"] });
    const attempt = () => chosen({ variables: { chosen_int32: "1" }, query: "chosen_string=x" });
    expect(problemsOf(attempt)).toEqual([
      "chosen_string cannot be given together with chosen_int32",
    ]);
  });
});

test("a parameter of the body's field belongs in the body, also inside it", () => {
  const withBody = kindsBinder({ body: "inner" });
  expect(problemsOf(() => withBody({ query: "inner.name=x", body: {} }))).toEqual([
    "inner.name is not a query parameter of this call",
  ]);
  expect(kindsBinder({ body: "name" }, INNER)({ query: "size=1", body: "x" })).toMatchObject({
    name: "x",
    size: 1,
  });
});

function kindsBinder(rule: Partial<BindRule> = {}, input: DescMessage = KINDS) {
  const whole = { body: "", variableNames: [], reservedParameters: [], ...rule };
  const bindRequest = createBinder(input, whole);
  return (parts: Partial<RequestParts>) =>
    bindRequest({ variables: {}, query: "", body: undefined, ...parts });
}
