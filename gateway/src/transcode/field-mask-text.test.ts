import { expect, test } from "vitest";
import { readFieldMask } from "./field-mask-text.ts";

test.each([
  ["nothing", "", []],
  ["one name", "name", ["name"]],
  ["lowerCamelCase, as proto3 JSON has it", "fooBar.bazQux", ["foo_bar.baz_qux"]],
  ["snake_case, as contracts have it", "foo_bar.baz_qux", ["foo_bar.baz_qux"]],
  ["both, in different paths", "fooBar,foo_bar", ["foo_bar", "foo_bar"]],
  ["digits", "line1.part2", ["line1.part2"]],
  ["a name that begins with _", "_underscore", ["_underscore"]],
  ["every field", "*", ["*"]],
  ["every field of a message", "rate.*", ["rate.*"]],
  ["a field that is left out", "-rate.perDay", ["-rate.per_day"]],
])("a mask of %s is read: %s", (_what, text, paths) => {
  expect(readFieldMask(text)).toEqual(paths);
});

test.each([
  ["an empty path between others", "a,,b"],
  ["an empty last path", "a,"],
  ["an empty part", "a..b"],
  ["a dot at the end", "a."],
  ["white space", "a, b"],
  ["both forms in one path", "fooBar.baz_qux"],
  ["a digit first", "1a"],
  ["brackets", "a[0]"],
  ["two signs", "--a"],
  ["another script", "größe"],
])("a mask with %s is refused: %s", (_what, text) => {
  expect(readFieldMask(text)).toBeUndefined();
});
