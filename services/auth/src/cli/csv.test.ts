import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";

test("records have the number of the line that they begin on, whatever ends lines and stands in quotes", () => {
  const text = '\ufeffa,b\r\n"1,""x""\ny",2\n\n,\r\nlast,';
  expect(parseCsv(text)).toEqual([
    { line: 1, cells: ["a", "b"] },
    { line: 2, cells: ['1,"x"\ny', "2"] },
    { line: 5, cells: ["", ""] },
    { line: 6, cells: ["last", ""] },
  ]);
  expect(parseCsv("")).toEqual([]);
});

test.each(['a\n"b', 'a\nb"c"', 'a\n"b"c', "a\nb\rc"])(
  "what is no CSV is told by its line: %j",
  (text) => {
    expect(() => parseCsv(text)).toThrow("line 2: is not CSV");
  },
);
