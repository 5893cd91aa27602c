import { expect, test } from "vitest";
import { fieldsOf } from "./fields.ts";

test.each([
  ["8193", ["country", "query"], "the lowest bit and the thirteenth"],
  ["16384", ["status"], "one bit"],
  ["33554432", ["offset"], "the highest bit"],
  ["262144", [], "a bit that means nothing"],
  ["0", [], "no bit"],
  ["status, lat ,nonsense", ["lat", "status"], "names, with spaces and one that is none"],
  ["nonsense", [], "no name"],
  ["99999999999", [], "more digits than any such number has"],
])("ip-api's fields %s are %j: %s", (text, fields) => {
  expect([...fieldsOf(text)].toSorted()).toEqual(fields.toSorted());
});

test("without fields ip-api's answer has its usual ones, which are 61439 as a number", () => {
  expect(fieldsOf(undefined)).toEqual(fieldsOf("61439"));
  expect(fieldsOf("")).toEqual(fieldsOf("61439"));
  expect(fieldsOf(undefined)).not.toContain("reverse");
  expect(fieldsOf(undefined).size).toBe(15);
  expect(fieldsOf("66846719").size).toBe(25);
});
