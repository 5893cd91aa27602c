import fc from "fast-check";
import { expect, test } from "vitest";
import { ANY_CHARACTER } from "./any-character.ts";

test("texts of any character are one character a unit, none a lone surrogate, up to the last of Unicode", () => {
  const isOne = fc.property(ANY_CHARACTER, (text) => [...text].length === 1 && text.isWellFormed());
  fc.assert(isOne, { seed: 20_261_130, numRuns: 2_000 });
});

test.each(["a", "\u0000", "\ud7ff", "\ue000", "𐍈", "\u{10ffff}"])("%j is one of them", (text) => {
  expect(ANY_CHARACTER.canShrinkWithoutContext(text)).toBe(true);
});

test.each(["", "ab", "\ud800", "\udfff"])("%j is none", (text) => {
  expect(ANY_CHARACTER.canShrinkWithoutContext(text)).toBe(false);
});
