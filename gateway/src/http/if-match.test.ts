import { expect, test } from "vitest";
import { readIfMatch } from "./if-match.ts";

const REFUSED = undefined;

test.each([
  ["no header", [], ""],
  ["a tag", ['"7"'], "7"],
  ["a weak tag, as a proxy may have made it", ['W/"7"'], "7"],
  ["spaces around it", [' "7-a"\t'], "7-a"],
  ["a tag with a comma is one", ['"a,b"'], "a,b"],
  ["any version", ["*"], ""],
  ["any version, with spaces", [" * "], ""],
  ["a tag that is a star", ['"*"'], "*"],
  ["an empty header", [""], REFUSED],
  ["an empty tag, which would be no condition at all", ['""'], REFUSED],
  ["a tag without quotes", ["7"], REFUSED],
  ["half a quote", ['"7'], REFUSED],
  ["the mark of weak tags is a capital", ['w/"7"'], REFUSED],
  ["several tags: a resource has one version", ['"7", "8"'], REFUSED],
  ["a tag and *", ['"7", *'], REFUSED],
  ["two headers", ['"7"', '"7"'], REFUSED],
  ["a space in a tag", ['"7 8"'], REFUSED],
  ["letters that no etag has", ['"é"'], REFUSED],
])("%s: %s", (_why, lines, expected) => {
  if (expected !== REFUSED) expect(readIfMatch(lines)).toBe(expected);
  else {
    expect(() => readIfMatch(lines)).toThrow(
      expect.objectContaining({
        reason: "INVALID_ARGUMENT",
        fields: [expect.objectContaining({ field: "If-Match" })],
      }),
    );
  }
});
