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

test.each([
  ["of letters", "x".repeat(10_000_000)],
  ["of quotes", '""'.repeat(5_000_000)],
])("a cell of 10 MB %s is read, or told by its line where it does not end", (_, cell) => {
  expect(parseCsv(`a\n"${cell}"`)[1]?.cells[0]).toBe(cell.replaceAll('""', '"'));
  expect(() => parseCsv(`a\n"${cell}`)).toThrow("line 2: is not CSV");
});

test("more records than are wanted are refused", () => {
  expect(parseCsv("a\n\nb\n", 2)).toHaveLength(2);
  expect(() => parseCsv("a\nb\nc", 2)).toThrow("more than 2 lines");
});
