import { fromJson, toJson } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDurationText, isTimestampText } from "./time-text.ts";

const IMPOSSIBLE = [
  ["30 February", "2027-02-30T00:00:00Z"],
  ["29 February of no leap year", "2027-02-29T00:00:00Z"],
  ["29 February of a century", "2100-02-29T00:00:00Z"],
  ["31 April", "2027-04-31T00:00:00Z"],
  ["month 13", "2027-13-01T00:00:00Z"],
  ["month 0", "2027-00-01T00:00:00Z"],
  ["day 0", "2027-01-00T00:00:00Z"],
  ["24:00", "2027-01-01T24:00:00Z"],
  ["minute 60", "2027-01-01T00:60:00Z"],
  ["second 60", "2026-12-31T23:59:60Z"],
  ["year 0", "0000-01-01T00:00:00Z"],
  ["an offset of 24 hours", "2027-01-01T00:00:00+24:00"],
  ["an offset of 60 minutes", "2027-01-01T00:00:00+00:60"],
  ["no offset", "2027-01-01T00:00:00"],
  ["a space for the T", "2027-01-01 00:00:00Z"],
  ["small letters", "2027-01-01t00:00:00z"],
  ["a date alone", "2027-01-01"],
  ["ten digits of a second", "2027-01-01T00:00:00.0000000001Z"],
  ["something behind it", "2027-01-01T00:00:00Z "],
  ["seconds since 1970", "1798761600"],
] as const;

describe("a time", () => {
  test.each(IMPOSSIBLE)("with %s is none", (_what, text) => {
    expect(isTimestampText(text)).toBe(false);
  });

  test.each([
    "2028-02-29T00:00:00Z",
    "2000-02-29T23:59:59.999999999Z",
    "2027-01-01T00:00:00+05:45",
    "2027-01-01T00:00:00-00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
  ])("%s is one", (text) => {
    expect(isTimestampText(text)).toBe(true);
  });

  test("that the library writes is one, and reads back as it was", () => {
    const seconds = fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n });
    fc.assert(
      fc.property(seconds, fc.nat(999_999_999), (second, nanos) => {
        const text = toJson(TimestampSchema, {
          $typeName: TimestampSchema.typeName,
          seconds: second,
          nanos,
        });
        expect(isTimestampText(text)).toBe(true);
        expect(fromJson(TimestampSchema, text)).toMatchObject({ seconds: second, nanos });
      }),
    );
  });
});

test.each([
  ["60s", true],
  ["-1.5s", true],
  ["0.000000001s", true],
  ["60", false],
  ["60s later", false],
  ["1.0000000001s", false],
  [".5s", false],
  ["1e3s", false],
])("%s is a duration: %s", (text, expected) => {
  expect(isDurationText(text)).toBe(expected);
  if (expected) expect(() => fromJson(DurationSchema, text)).not.toThrow();
});
