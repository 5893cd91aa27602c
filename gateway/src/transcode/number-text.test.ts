import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDecimal, readWhole } from "./number-text.ts";

describe("a whole number", () => {
  test.each([
    ["as it is", "42", 42n],
    ["below zero", "-42", -42n],
    ["the lowest of 64 bits, exactly", "-9223372036854775808", -9223372036854775808n],
    ["the highest of 64 bits, exactly", "18446744073709551615", 18446744073709551615n],
    ["with an exponent", "1e3", 1000n],
    ["with a large E and a plus", "1E+3", 1000n],
    ["with a fraction of zeros", "1.0", 1n],
    ["with a fraction that the exponent moves", "2.147483647e9", 2147483647n],
    ["with zeros that the exponent takes away", "2500e-2", 25n],
    ["a zero with an exponent", "0e5", 0n],
    ["a zero below zero", "-0.0", 0n],
    ["a zero far behind the point", "0e-5", 0n],
    ["zeros before it", "007", 7n],
    ["beyond 64 bits, which the type refuses", "1e20", 10n ** 20n],
  ])("%s is read", (_what, text, expected) => {
    expect(readWhole(text)).toBe(expected);
  });

  test.each([
    ["nothing", ""],
    ["a fraction", "0.5"],
    ["a fraction that the exponent leaves", "1.25e1"],
    ["a fraction that the exponent makes", "5e-1"],
    ["one that it makes far behind the point", "5e-9"],
    ["a plus", "+1"],
    ["no digit before the point", ".5e1"],
    ["no digit behind the point", "1."],
    ["an exponent without digits", "1e"],
    ["a hexadecimal number", "0x10"],
    ["white space", " 1"],
    ["digits of another script", "١"],
    ["an exponent of thousands, which would need as many digits", "1e1000"],
    ["more than 100 characters", `1.${"0".repeat(100)}`],
    ["a minus alone", "-"],
  ])("is not %s", (_what, text) => {
    expect(readWhole(text)).toBeUndefined();
  });

  test("is read as JavaScript reads it, where that is exact", () => {
    const digits = fc.nat(9_999_999).map(String);
    const exponent = fc.integer({ min: -8, max: 8 });
    fc.assert(
      fc.property(digits, digits, exponent, (whole, fraction, power) => {
        const text = `${whole}.${fraction}e${power}`;
        const value = readWhole(text);
        if (value !== undefined) expect(Number(value)).toBe(Number(text));
        else expect(Number.isInteger(Number(text))).toBe(false);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });
});

test.each([
  ["0", 0],
  ["-0", -0],
  ["-1.5e-3", -0.0015],
  ["1e999", undefined],
  ["1e-999", 0],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["nan", undefined],
  ["+Infinity", undefined],
  ["", undefined],
  [".5", undefined],
  ["1.", undefined],
  ["0x1p3", undefined],
  [" 1", undefined],
  ["1_000", undefined],
])("the number %s is %s", (text, expected) => {
  expect(readDecimal(text)).toBe(expected);
});
