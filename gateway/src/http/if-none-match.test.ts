import { expect, test } from "vitest";
import { matchesEtag } from "./if-none-match.ts";

const ETAG = '"aB-_9"';

test.each([
  ["no header", undefined, false],
  ["an empty one", "", false],
  ["the tag", ETAG, true],
  ["another tag", '"other"', false],
  ["a tag in other letters", '"ab-_9"', false],
  ["a tag that begins so", '"aB-_9x"', false],
  ["the weak form: the comparison is weak", `W/${ETAG}`, true],
  ["the mark of weak tags is a capital", `w/${ETAG}`, false],
  ["a list", `"x", W/"y",${ETAG}`, true],
  ["a list of others", '"x", W/"y"', false],
  ["spaces, tabs and empty members", ` ,\t${ETAG} ,`, true],
  ["a tag with a comma in a list", `"a,b", ${ETAG}`, true],
  ["the tag as a part of another", '"x,aB-_9,y"', false],
  ["anything", "*", true],
  ["anything, with spaces", " * ", true],
  ["* is no member of a list", '*, "x"', false],
  ["a tag that is a star", '"*"', false],
  ["without quotes it is no tag", "aB-_9", false],
  ["half a quote", '"aB-_9', false],
  ["text before it", `x${ETAG}`, false],
  ["text after it", `${ETAG}x`, false],
  ["two without a comma", `"x" ${ETAG}`, false],
])("%s: %s", (_why, header, expected) => {
  expect(matchesEtag(header, ETAG)).toBe(expected);
});

test("a weak tag is compared without its mark", () => {
  expect(matchesEtag(ETAG, `W/${ETAG}`)).toBe(true);
  expect(matchesEtag(`W/${ETAG}`, `W/${ETAG}`)).toBe(true);
  expect(matchesEtag('"other"', `W/${ETAG}`)).toBe(false);
});
