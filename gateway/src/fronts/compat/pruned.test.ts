import fc from "fast-check";
import { expect, test } from "vitest";
import { pruned } from "./pruned.ts";

test.each<[unknown, unknown, string]>([
  [{ a: undefined, b: null, c: "", d: [], e: {} }, undefined, "all that is unknown or empty"],
  [{ a: { b: { c: undefined } } }, undefined, "objects of which nothing is left"],
  [[{ a: null }, { a: 1 }], [{ a: 1 }], "entries of a list"],
  [{ a: 0, b: false, c: " " }, { a: 0, b: false, c: " " }, "zero, false and blanks are known"],
])("of %j there is left %j: %s", (value, left) => {
  expect(pruned(value)).toEqual(left);
});

test("in no value is anything left that is unknown or empty, at any level", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(pruned(value)) ?? "1";
      JSON.parse(text, (_key, member) => {
        expect(member).not.toBe(null);
        expect(member).not.toBe("");
        if (typeof member === "object") expect(Object.keys(member)).not.toHaveLength(0);
        return member;
      });
    }),
  );
});
