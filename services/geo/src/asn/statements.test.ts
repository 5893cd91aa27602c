import { expect, test } from "vitest";
import { decidingSource, NOBODY, NOTHING } from "./statements.ts";

const [A, B, C] = [3320, 3215, 6830];

test.each<[says: string, statements: number[], deciding: number]>([
  ["of one source, what it says", [A], 0],
  ["of one source that says nothing, nobody", [NOTHING], -1],
  ["of one source that says nobody, nobody", [NOBODY], -1],
  ["of two that differ, the first", [A, B], 0],
  ["of two, the first that says anything", [NOTHING, B], 1],
  ["of two, the first, even where it says nobody", [NOBODY, B], -1],
  ["a system that two say, before the first source", [A, B, B], 1],
  ["a system that two say, before one that says nothing", [NOTHING, B, B], 1],
  ["of three that differ, the first", [A, B, C], 0],
  ["of three that differ, the first that says anything", [NOTHING, B, C], 1],
  ["nobody, where two say nothing", [A, NOTHING, NOTHING], -1],
  ["nobody, where one says so and one nothing", [A, NOBODY, NOTHING], -1],
  ["of a system and nobody with as many, the first", [A, A, NOTHING, NOBODY], 0],
  ["the same the other way around", [NOBODY, A, A, NOTHING], -1],
  ["silence never stands first", [NOTHING, NOTHING, A, A], 2],
  ["of two systems with as many, the one named first", [C, B, A, A, B], 1],
  ["what most say, wherever they stand", [A, A, B, B, B], 2],
  ["of no source, nobody", [], -1],
])("%s decides", (_, statements, deciding) => {
  expect(decidingSource(statements)).toBe(deciding);
});
