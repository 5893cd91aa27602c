import { expect, test } from "vitest";
import { acceptedType } from "./accept.ts";

const JSON_TYPE = "application/json";
const CSV = "text/csv";

test.each<[why: string, header: string, type: string]>([
  ["an empty header names nothing", "", JSON_TYPE],
  ["the type", "text/csv", CSV],
  ["the type in other letters", "Text/CSV", CSV],
  ["the other type", "application/json", JSON_TYPE],
  ["anything: the first", "*/*", JSON_TYPE],
  ["what is not sent: the first", "image/png", JSON_TYPE],
  ["a group", "text/*", CSV],
  ["both alike: the first, whatever their order", "text/csv, application/json", JSON_TYPE],
  ["the heavier", "application/json;q=0.5, text/csv;q=0.6", CSV],
  ["the heavier, by the third digit", "application/json;q=0.501,text/csv;q=0.5", JSON_TYPE],
  ["no weight is 1", "application/json;q=0.9, text/csv", CSV],
  ["a weight of 1 with digits", "application/json;q=0.9, text/csv;q=1.000", CSV],
  ["the exact range counts, not a wider one", "text/csv;q=0.1, text/*, */*;q=0.5", JSON_TYPE],
  ["a group counts before anything", "text/*;q=0.9, */*;q=0.1", CSV],
  ["the type is refused", "text/csv;q=0, text/*", JSON_TYPE],
  ["the first is refused, anything else is taken", "application/json;q=0, */*", CSV],
  ["all are refused: the first", "*/*;q=0", JSON_TYPE],
  ["what browsers send", "text/html,application/xhtml+xml,*/*;q=0.8", JSON_TYPE],
  ["other parameters are passed over", "text/csv;header=present;q=0.9", CSV],
  ["spaces around everything", " application/json ; q=0.1 ,\ttext/csv ; q=0.2 ", CSV],
  ["a capital Q", "application/json;Q=0.1, text/csv;Q=0.2", CSV],
  ["of a range that comes twice the heavier", "text/csv;q=0.1, text/csv, */*;q=0.5", CSV],
  ["a weight above 1 is none", "text/csv;q=2", JSON_TYPE],
  ["a weight of four digits is none", "text/csv;q=0.9999, */*;q=0.1", JSON_TYPE],
  ["a negative weight is none", "text/csv;q=-1", JSON_TYPE],
  ["an empty weight is none", "text/csv;q=", JSON_TYPE],
  ["empty members", ",, ,text/csv", CSV],
  ["no type at all", ";;;q=1", JSON_TYPE],
])("%s: %j", (_why, header, type) => {
  expect(acceptedType(["Host", "x", "Accept", header], [JSON_TYPE, CSV])).toBe(type);
});

test("without the header it is the first, and several headers are one list", () => {
  expect(acceptedType([], [JSON_TYPE, CSV])).toBe(JSON_TYPE);
  const twice = ["accept", "application/json;q=0.1", "Accept", "text/csv;q=0.2"];
  expect(acceptedType(twice, [JSON_TYPE, CSV])).toBe(CSV);
});
