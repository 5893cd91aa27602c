import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Router } from "./router.ts";
import { TranscodeError } from "./transcode-error.ts";

const SEED = 20_261_129;

const router = new Router<string>();
router.add("GET", "/v1/locations/{ip_address}", "location");
router.add("POST", "/v1/locations:batchGet", "batch");
router.add("GET", "/v1/accounts/{account_id}/keys/{key_id}", "key");
router.add("POST", "/v1/accounts/{account_id}/keys/{key_id}:revoke", "revoke");
router.add("POST", "/v1/accounts", "create");
router.add("GET", "/v1/accounts", "list");
router.add("GET", "/v1/accounts/own/keys/{key_id}", "own");
router.add("GET", "/files/{path=**}", "file");
router.add("GET", "/{shelf=shelves/*}/books", "books");

describe("a path finds its route", () => {
  test.each([
    ["IPv4", "GET", "/v1/locations/192.0.2.1", "location", { ip_address: "192.0.2.1" }],
    [
      "the colons of IPv6 are not a verb",
      "GET",
      "/v1/locations/2001:db8::1",
      "location",
      { ip_address: "2001:db8::1" },
    ],
    [
      "percent-encoded colons",
      "GET",
      "/v1/locations/2001%3Adb8%3a%3A1",
      "location",
      { ip_address: "2001:db8::1" },
    ],
    ["a verb after a literal", "POST", "/v1/locations:batchGet", "batch", {}],
    [
      "a verb after a variable",
      "POST",
      "/v1/accounts/a/keys/k:revoke",
      "revoke",
      { account_id: "a", key_id: "k" },
    ],
    [
      "only the last colon begins a verb",
      "POST",
      "/v1/accounts/a/keys/k:l:revoke",
      "revoke",
      { account_id: "a", key_id: "k:l" },
    ],
    [
      "a colon with no known verb stays in the value",
      "GET",
      "/v1/accounts/a/keys/k:other",
      "key",
      { account_id: "a", key_id: "k:other" },
    ],
    [
      "an encoded colon before a verb, where the path has no other route",
      "POST",
      "/v1/locations%3AbatchGet",
      "batch",
      {},
    ],
    [
      "or none with the method",
      "POST",
      "/v1/accounts/a%2Fb/keys/k%3arevoke",
      "revoke",
      { account_id: "a/b", key_id: "k" },
    ],
    [
      "letters that need no encoding",
      "GET",
      "/v%31/%61ccounts/%6f%77n/%6beys/%6b",
      "own",
      { key_id: "k" },
    ],
    [
      "an encoded colon is no verb where the path has a route without it",
      "GET",
      "/v1/accounts/a/keys/k%3Arevoke",
      "key",
      { account_id: "a", key_id: "k:revoke" },
    ],
    [
      "an encoded slash stays in its segment",
      "GET",
      "/v1/accounts/a%2Fb/keys/k",
      "key",
      { account_id: "a/b", key_id: "k" },
    ],
    ["a literal wins over a variable", "GET", "/v1/accounts/own/keys/k", "own", { key_id: "k" }],
    ["several segments", "GET", "/shelves/7/books", "books", { shelf: "shelves/7" }],
    ["the rest", "GET", "/files/a/b%20c/d", "file", { path: "a/b c/d" }],
    ["the rest may be nothing", "GET", "/files", "file", { path: "" }],
    ["in the rest a slash stays encoded", "GET", "/files/a%2fb/c", "file", { path: "a%2fb/c" }],
  ])("%s: %s %s", (_why, method, path, target, variables) => {
    expect(router.match(method, path)).toEqual({ target, variables });
  });
});

test.each([
  ["/v1/locations", "a variable needs a segment"],
  ["/v1/locations/", "and not an empty one"],
  ["/v1/locations//", "nor two"],
  ["/v1/locations/a/b", "too long"],
  ["/v1/locations:other", "no such verb"],
  ["/v1/accounts/", "no slash at the end"],
  ["/V1/accounts", "case matters"],
  ["", "nothing"],
  ["*", "OPTIONS *"],
  [`/${"a/".repeat(4_000)}`, "very long"],
])("%s has no route: %s", (path) => {
  expect(router.match("GET", path)).toBeUndefined();
});

test("a known path with another method gives the methods that it has", () => {
  expect(router.match("PUT", "/v1/accounts")).toEqual({ methods: ["POST", "GET"] });
  expect(router.match("GET", "/v1/accounts/a/keys/k:revoke")).toEqual({ methods: ["POST"] });
  expect(router.match("GET", "/v1/locations%3AbatchGet")).toEqual({ methods: ["POST"] });
});

test("invalid percent-encoding is a TranscodeError that names the variable", () => {
  for (const bad of ["%", "%4", "%zz", "%FF", "%C3%28"]) {
    expect(() => router.match("GET", `/v1/locations/${bad}`)).toThrow(
      expect.objectContaining({
        name: "TranscodeError",
        fields: [expect.objectContaining({ field: "ip_address" })],
      }),
    );
  }
});

test("a path may be as long as the longest template", () => {
  const long = new Router<string>();
  const path = "/a".repeat(999);
  long.add("GET", `${path}/{b}`, "long");
  expect(long.match("GET", `${path}/c`)).toEqual({ target: "long", variables: { b: "c" } });
  expect(long.match("GET", `${path}/c/d`)).toBeUndefined();
});

test("a malformed escape is no literal, not even one that looks the same", () => {
  const percent = new Router<string>();
  percent.add("GET", "/100%25", "percent");
  percent.add("GET", "/x/{a=b/*}", "variable");
  expect(percent.match("GET", "/100%25")).toMatchObject({ target: "percent" });
  expect(percent.match("GET", "/100%")).toBeUndefined();
  expect(percent.match("GET", "/x:%zz")).toBeUndefined();
  expect(() => percent.match("GET", "/x/b/%E2%2F")).toThrow("a has invalid percent-encoding");
});

/** Calls of `Map.get` with the key: one for each node of the trie that is visited. */
function lookupsOf(key: string, run: () => void): number {
  const { get } = Map.prototype;
  let lookups = 0;
  Map.prototype.get = function (asked) {
    if (asked === key) lookups += 1;
    return get.call(this, asked);
  };
  try {
    run();
  } finally {
    Map.prototype.get = get;
  }
  return lookups;
}

test("no node is visited twice, however many ways through the templates a path has", () => {
  const DEPTH = 8;
  const branching = new Router<string>();
  for (let at = 0; at < 2 ** DEPTH; at += 1) {
    const segments = Array.from({ length: DEPTH }, (_, bit) => ((at >> bit) & 1 ? "a" : "*"));
    branching.add("GET", `/${segments.join("/")}/end:verb`, "");
  }
  const nodes = 2 ** (DEPTH + 1) - 1;
  const path = "/a".repeat(DEPTH);
  // Once for the route, and as there is none, once more for the methods.
  expect(lookupsOf("a", () => branching.match("GET", `${path}/a`))).toBe(2 * nodes);
  const endless = new Router<string>();
  for (let at = 1; at <= 50; at += 1)
    endless.add("GET", `${"/*".repeat(at)}${"/a".repeat(at)}`, "");
  endless.add("PUT", "/**", "");
  const visits = (length: number) =>
    lookupsOf("a", () => endless.match("GET", "/a".repeat(length)));
  // The templates have fewer than 51 × 50 nodes.
  expect(visits(101)).toBeGreaterThan(100);
  expect(visits(101)).toBeLessThan(2 * 51 * 50);
  expect(visits(8_000)).toBe(visits(101));
});

test("any segment is decoded to what it was", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (value) => {
      const match = router.match("GET", `/v1/locations/${encodeURIComponent(value)}`);
      expect(match).toEqual({ target: "location", variables: { ip_address: value } });
    }),
    { seed: SEED },
  );
});

test("any path matches, does not match, or is a TranscodeError", () => {
  const paths = fc
    .array(
      fc.oneof(
        fc.constantFrom("/", ":", "%", "%2F", "v1", "locations", "accounts", "keys", "revoke"),
        fc.string(),
      ),
      { maxLength: 20 },
    )
    .map((parts) => `/${parts.join("")}`);
  fc.assert(
    fc.property(paths, (path) => {
      try {
        const match = router.match("GET", path);
        if (match && "target" in match) expect(typeof match.target).toBe("string");
      } catch (error) {
        expect(error).toBeInstanceOf(TranscodeError);
      }
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});
