import fc from "fast-check";
import { expect, test } from "vitest";
import { expandPath, parsePathTemplate } from "./path-template.ts";

const SEED = 20_261_129;
const REFUSAL = /is not (?:a path template|a segment|a verb|a field path|last|alone)/;

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
  ["a verb after the rest", "/**:x", ["**"], [], "x"],
  [
    "every character that a segment may have",
    "/-._~!$&'()+,;=@/09AZaz",
    [literal("-._~!$&'()+,;=@"), literal("09AZaz")],
    [],
    "",
  ],
  ["and as many in a verb", "/x:-._~!$&'()+,;=@", [literal("x")], [], "-._~!$&'()+,;=@"],
  [
    "other characters are percent-encoded",
    "/a%2Fb/%C3%a9%20/%2A:%7b%7D",
    [literal("a/b"), literal("é "), literal("*")],
    [],
    "{}",
  ],
  [
    "a colon that is not in the last segment is text",
    "/urn:a:b/{x=c:d/*}/y",
    [literal("urn:a:b"), literal("c:d"), "*", literal("y")],
    [["x", 1, 3]],
    "",
  ],
  ["and so is one in a variable", "/{x=c:d}:e", [literal("c:d")], [["x", 0, 1]], "e"],
  ["or an encoded one", "/urn%3Ab:c", [literal("urn:b")], [], "c"],
  ["an equals sign in a pattern", "/{x=a=b}", [literal("a=b")], [["x", 0, 1]], ""],
  [
    "names with capitals, digits and underscores",
    "/{_a}/{B2}/{camelCase}/{__}",
    ["*", "*", "*", "*"],
    [
      ["_a", 0, 1],
      ["B2", 1, 2],
      ["camelCase", 2, 3],
      ["__", 3, 4],
    ],
    "",
  ],
  [
    "fields inside fields, with one name that begins as another",
    "/{a.b.c}/{a.B=x/*}/{ab}/{a.bc}",
    ["*", literal("x"), "*", "*", "*"],
    [
      ["a.b.c", 0, 1],
      ["a.B", 1, 3],
      ["ab", 3, 4],
      ["a.bc", 4, 5],
    ],
    "",
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
  ["an encoded colon in a verb", "/v1/x:a%3Ab"],
  ["nothing but a slash", "/"],
  ["nothing but a verb", "/v1/:x"],
  ["a slash in a verb", "/v1/x:a/"],
  ["a variable in a verb", "/v1/x:{a}"],
  ["a verb in the middle", "/v1/{a}:x/b"],
  ["a star in a literal", "/v1/a*"],
  ["three stars", "/v1/***"],
  ["a character that no path has", "/v1/a b"],
  ["a query", "/v1/a?b=c"],
  ["a letter that is not encoded", "/v1/\u00e9"],
  ["half an escape", "/v1/%4"],
  ["an escape of no digits", "/v1/%zz"],
  ["escapes that are not UTF-8", "/v1/%C3%28"],
  ["a line break at the end", "/v1/a\n"],
  ["two variables in a segment", "/v1/{a}{b}"],
  ["a variable without a name", "/v1/{}"],
  ["a pattern without a name", "/v1/{=*}"],
  ["a name without a pattern", "/v1/{a=}"],
  ["an empty segment in a pattern", "/v1/{a=x//y}"],
  ["a slash at the end of a pattern", "/v1/{a=x/}"],
  ["the rest in the middle of a pattern", "/v1/{a=**/x}"],
  ["the rest before a variable", "/v1/{a=**}/{b}"],
  ["the rest twice", "/v1/**/**"],
  ["a field that begins with a digit", "/v1/{1a}"],
  ["a field that ends with a dot", "/v1/{a.}"],
  ["a field of two dots", "/v1/{a..b}"],
  ["a field that is the prototype of objects", "/v1/{__proto__}"],
  ["a variable that is given twice", "/v1/{a}/{a}"],
  ["one with two patterns", "/v1/{a.b=x/*}/{c}/{a.b}"],
  ["a message and a field in it", "/v1/{a}/{a.b}"],
  ["in any order", "/v1/{a.b.c=x/*}/{b}/{a.b}"],
  ["a field that is not a name", "/v1/{A-b}"],
])("%s is not a template: %s", (_why, text) => {
  expect(() => parsePathTemplate(text)).toThrow(REFUSAL);
});

test.each([
  ["/v1/{A-b}", '"A-b" is not a field path in "/v1/{A-b}"'],
  ["/v1/a*/x", '"a*" is not a segment of a path template in "/v1/a*/x"'],
  ["/x:a:b", '"a:b" is not a verb of a path template in "/x:a:b": it has a colon'],
  ["/{a}/{a}", '{a} is not alone in "/{a}/{a}"'],
  ["/{a.b}/{a}", '{a.b} is not alone in "/{a.b}/{a}": {a} sets it as well'],
])("the error for %s says where and why", (text, message) => {
  expect(() => parsePathTemplate(text)).toThrow(new Error(message));
});

test("a template may have a thousand segments, and no more", () => {
  const { segments } = parsePathTemplate(`/${"a/".repeat(999)}{b}`);
  expect(segments).toHaveLength(1_000);
  const longer = `/${"a/".repeat(999)}{b=*/*}`;
  expect(() => parsePathTemplate(longer)).toThrow("a path template has 1001 segments");
});

test.each([
  ["/v1/accounts/{account_id}/keys/{key_id}", "/v1/accounts/a%2Fb/keys/k%3A1"],
  ["/v1/plans", "/v1/plans"],
  ["/v1/{name=shelves/*}:open", "/v1/shelves/7%208:open"],
  ["/files/{path=**}", "/files/x/y%3F"],
  ["/{mark.s=**}", "/-_.~%21%27%28%29%2A%2C/%C3%A9"],
  ["/a,%2f%C3%a9:x%21", "/a%2C%2F%C3%A9:x%21"],
])("%s is filled with values", (text, path) => {
  const values = {
    account_id: "a/b",
    key_id: "k:1",
    name: "shelves/7 8",
    path: "x/y?",
    "mark.s": "-_.~!'()*,/é",
  };
  const valueFor = (field: string) => values[field as keyof typeof values];
  expect(expandPath(parsePathTemplate(text), valueFor)).toBe(path);
});

test("a template with a segment of any text cannot be filled", () => {
  expect(() => expandPath(parsePathTemplate("/v1/*"), () => "")).toThrow("segment 2");
});

test("any text is a template or a clear error", () => {
  const tokens = [
    "/",
    "/",
    "{a}",
    "{b.c=",
    "{",
    "}",
    "=",
    "*",
    "**",
    ":",
    "x",
    "%2F",
    "%C3",
    "é",
    "\n",
  ];
  const texts = fc.array(fc.constantFrom(...tokens), { maxLength: 8 }).map((all) => all.join(""));
  let parsed = 0;
  fc.assert(
    fc.property(texts, (rest) => {
      const text = `/${rest}`;
      try {
        const { segments, variables } = parsePathTemplate(text);
        parsed += 1;
        expect(segments.indexOf("**")).toBeOneOf([-1, segments.length - 1]);
        expect(variables).toHaveLength(text.split("{").length - 1);
        for (const { start, end } of variables) expect(start).toBeLessThan(end);
      } catch (error) {
        expect((error as Error).message).toMatch(REFUSAL);
      }
    }),
    { seed: SEED, numRuns: 3_000 },
  );
  expect(parsed).toBeGreaterThan(100);
});
