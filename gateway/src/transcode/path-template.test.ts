import fc from "fast-check";
import { expect, test } from "vitest";
import { expandPath, parsePathTemplate } from "./path-template.ts";

const literal = (text: string) => ({ literal: text });

test.each([
  ["a plain path", "/v1/plans", [literal("v1"), literal("plans")], [], ""],
  [
    "a variable takes one segment",
    "/v1/{a_b}/x",
    [literal("v1"), "*", literal("x")],
    [["a_b", 1, 2]],
    "",
  ],
  [
    "a variable may have a pattern of several",
    "/{name=shelves/*}/x",
    [literal("shelves"), "*", literal("x")],
    [["name", 0, 2]],
    "",
  ],
  [
    "a variable may take the rest",
    "/v1/{path=**}",
    [literal("v1"), "**"],
    [["path", 1, Number.POSITIVE_INFINITY]],
    "",
  ],
  [
    "a verb after a literal",
    "/v1/locations:batchGet",
    [literal("v1"), literal("locations")],
    [],
    "batchGet",
  ],
  [
    "a verb after a variable",
    "/keys/{id}:revoke",
    [literal("keys"), "*"],
    [["id", 1, 2]],
    "revoke",
  ],
])("%s: %s", (_why, text, segments, variables, verb) => {
  const template = parsePathTemplate(text);
  expect(template.segments).toEqual(segments);
  expect(template.variables.map(({ field, start, end }) => [field, start, end])).toEqual(variables);
  expect(template.verb).toBe(verb);
});

test.each([
  ["no slash in front", "v1"],
  ["nothing", ""],
  ["an empty segment", "/v1//x"],
  ["a slash at the end", "/v1/"],
  ["a lone brace", "/v1/{a"],
  ["a brace in a segment", "/v1/x{a}"],
  ["a variable in a variable", "/v1/{a={b}}"],
  ["the rest in the middle", "/v1/**/x"],
  ["two verbs", "/v1/x:a:b"],
  ["an empty verb", "/v1/x:"],
  ["a field that is not a name", "/v1/{A-b}"],
])("%s is not a template: %s", (_why, text) => {
  expect(() => parsePathTemplate(text)).toThrow(/is no/);
});

test.each([
  ["/v1/accounts/{account_id}/keys/{key_id}", "/v1/accounts/a%2Fb/keys/k%3A1"],
  ["/v1/plans", "/v1/plans"],
  ["/v1/{name=shelves/*}:open", "/v1/shelves/7%208:open"],
  ["/files/{path=**}", "/files/x/y%3F"],
])("%s is filled with values", (text, path) => {
  const values = { account_id: "a/b", key_id: "k:1", name: "shelves/7 8", path: "x/y?" };
  const valueFor = (field: string) => values[field as keyof typeof values];
  expect(expandPath(parsePathTemplate(text), valueFor)).toBe(path);
});

test("a template with a segment of any text cannot be filled", () => {
  expect(() => expandPath(parsePathTemplate("/v1/*"), () => "")).toThrow("segment 2");
});

test("any text is a template or a clear error", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."/{}*=:abc.%"), maxLength: 30 });
  fc.assert(
    fc.property(texts, (text) => {
      try {
        parsePathTemplate(text);
      } catch (error) {
        expect((error as Error).message).toMatch(/is no|is not last/);
      }
    }),
    { numRuns: 2_000 },
  );
});
