import fc from "fast-check";

const FIRST_SURROGATE = 0xd800;
const SURROGATE_COUNT = 0x800;
const LAST_CODE_POINT = 0x10ffff;

/**
 * Any character of Unicode, as the `unit` of `fc.string`. That of fast-check, `binary`, keeps a map of all 1.1 million
 * characters from its first use on: 85 MB, which each full garbage collection of the process walks through again.
 */
export const ANY_CHARACTER: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: LAST_CODE_POINT - SURROGATE_COUNT })
  .map(characterAt, placeOf);

function characterAt(place: number): string {
  return String.fromCodePoint(place < FIRST_SURROGATE ? place : place + SURROGATE_COUNT);
}

/** The inverse, by which fast-check makes known texts of this unit. Errors: a value that is not one character. */
function placeOf(value: unknown): number {
  const codePoint = typeof value === "string" ? (value.codePointAt(0) ?? 0) : 0;
  const place = codePoint < FIRST_SURROGATE ? codePoint : codePoint - SURROGATE_COUNT;
  if (characterAt(place) !== value) throw new Error("not one character");
  return place;
}
