import fc from "fast-check";
import { expect, test } from "vitest";
import { PiecesByPlace } from "./pieces-by-place.ts";

function inOrder(pieces: readonly (readonly [place: number, piece: string])[]): string[] {
  const answer = new PiecesByPlace<string>();
  for (const [place, piece] of pieces) answer.add(place, piece);
  return answer.inOrder();
}

test("pieces are in the order of their places, in whatever order they came", () => {
  const places = fc.uniqueArray(fc.nat(1_000), { maxLength: 20 });
  fc.assert(
    fc.property(places, (came) => {
      const sorted = came.toSorted((a, b) => a - b).map(String);
      expect(inOrder(came.map((place) => [place, `${place}`]))).toEqual(sorted);
    }),
    { seed: 31, numRuns: 200 },
  );
});

test("an answer without pieces has none, and the last piece of a place counts", () => {
  expect(inOrder([])).toEqual([]);
  expect(
    inOrder([
      [5, "b"],
      [0, "first"],
      [0, "a"],
    ]),
  ).toEqual(["a", "b"]);
});
