import fc from "fast-check";
import { expect, test } from "vitest";
import { readCredential } from "./credential.ts";

const read = (rawHeaders: string[], query = "") => readCredential({ rawHeaders }, query);

test.each([
  ["none", [], "", undefined],
  ["Authorization", ["Authorization", "Bearer k"], "", "k"],
  ["whose scheme has no case", ["AUTHORIZATION", "bearer  k "], "", "k"],
  ["X-API-Key", ["x-api-key", "k"], "", "k"],
  ["the query", [], "a=b&api_key=k", "k"],
  ["the query, percent-encoded", [], "api_key=%6B", "k"],
  ["the query, its name percent-encoded", [], "a=b&api%5Fkey=k", "k"],
  ["the query, all of it", [], "%61%70%69%5f%6b%65%79=%6b", "k"],
  ["the query, beside a mistake of another parameter", [], "%zz=%&api_key=k&a=%", "k"],
  ["a name that is encoded twice is another", [], "api%255Fkey=k", undefined],
  ["the same everywhere", ["Authorization", "Bearer k", "X-Api-Key", "k"], "api_key=k", "k"],
  ["another parameter that looks like it", [], "my_api_key=k", undefined],
])("a key by %s", (_where, headers, query, key) => {
  expect(read(headers, query)).toBe(key);
});

test.each([
  ["in two headers", ["Authorization", "Bearer a", "X-API-Key", "b"], ""],
  ["in a repeated Authorization", ["Authorization", "Bearer a", "authorization", "Bearer b"], ""],
  ["in a repeated X-API-Key", ["X-API-Key", "a", "X-API-Key", "b"], ""],
  ["in header and query", ["X-API-Key", "a"], "api_key=b"],
  ["in a repeated parameter", [], "api_key=a&api_key=b"],
  ["in a parameter whose name is percent-encoded", ["X-API-Key", "a"], "api%5Fkey=b"],
  ["in parameters that are written in two ways", [], "api_key=a&%61pi_key=b"],
])("two different keys %s are refused, and neither is repeated", (_where, headers, query) => {
  expect(() => read(headers, query)).toThrow(
    expect.objectContaining({
      kind: "invalid_argument",
      publicMessage: "the request has two different API keys",
    }),
  );
});

test("a key in the query that cannot be decoded is refused", () => {
  expect(() => read([], "api%5Fkey=%zz")).toThrow(
    expect.objectContaining({ kind: "invalid_argument" }),
  );
});

test("another scheme of Authorization is refused", () => {
  expect(() => read(["Authorization", "Basic dTpw"])).toThrow(
    expect.objectContaining({ kind: "unauthenticated", reason: "KEY_INVALID" }),
  );
});

const BASIC = { parameters: ["api_key", "token"], basicKey: (user: string) => user };
const basic = (text: string) => ["Authorization", `Basic ${Buffer.from(text).toString("base64")}`];

test.each([
  ["user", basic("k:"), "", "k"],
  ["user without a colon", basic("k"), "", "k"],
  ["user, of a text with several colons", basic("k:p:q"), "", "k"],
  ["scheme in any case", ["authorization", "BASIC azo="], "", "k"],
  ["parameter of its own", [], "token=k", "k"],
  ["usual parameter", [], "api_key=k", "k"],
  ["Bearer all the same", ["Authorization", "Bearer k"], "", "k"],
  ["the same in several", basic("k:"), "token=k&api_key=k", "k"],
  ["an empty user", basic(":p"), "", ""],
])(
  "where an API has places of its own, a key stands in its %s",
  (_where, rawHeaders, query, key) => {
    expect(readCredential({ rawHeaders }, query, BASIC)).toBe(key);
  },
);

test.each([
  ["two that differ", basic("k:"), "token=l", "INVALID_ARGUMENT"],
  ["two parameters that differ", [], "token=k&api_key=l", "INVALID_ARGUMENT"],
  ["what is no base64", ["Authorization", "Basic !"], "", "KEY_INVALID"],
  ["another scheme", ["Authorization", "Digest k"], "", "KEY_INVALID"],
])("where an API has places of its own, %s is refused", (_what, rawHeaders, query, reason) => {
  expect(() => readCredential({ rawHeaders }, query, BASIC)).toThrow(
    expect.objectContaining({ reason }),
  );
});

test("any headers give a key, none, or a refusal", () => {
  const name = fc.oneof(fc.constantFrom("authorization", "X-API-Key"), fc.string());
  const value = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Bearer ${text}`),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), fc.string(), (headers, query) => {
      try {
        expect(["string", "undefined"]).toContain(typeof read(headers.flat(), query));
      } catch (error) {
        expect(error).toHaveProperty("kind", expect.stringMatching(/^(invalid_arg|unauth)/));
      }
    }),
  );
});
