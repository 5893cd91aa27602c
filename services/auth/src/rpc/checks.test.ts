import { AppError } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import {
  nameProblems,
  referenceProblems,
  refuseIfAny,
  textProblems,
  timeProblems,
} from "./checks.ts";

test.each(["a\0b", "line\nbreak", "\u007f", "\u0085"])("the name %j is refused", (name) => {
  expect(textProblems("name", name)).toMatchObject([{ field: "name" }]);
});

test.each(["Ärger & Söhne", "漢字", "🙂", undefined])("the name %j is taken", (name) => {
  expect(textProblems("name", name)).toEqual([]);
});

const INVISIBLE = [
  " ",
  "\u00a0\u3000",
  "\u200b",
  "\ufeff\u2060",
  "\u00ad",
  "\u3164",
  "\u2800",
  "\ufe0f",
];

test.each(INVISIBLE)(
  "the name %j, of which nothing is seen, is refused, and may stay as it is",
  (name) => {
    const refused = [{ field: "name", reason: "text.visible" }];
    expect(nameProblems("name", name)).toMatchObject(refused);
    expect(nameProblems("name", name, "other")).toMatchObject(refused);
    expect(nameProblems("name", name, name)).toEqual([]);
    expect(referenceProblems("name", name)).toContainEqual(expect.objectContaining(refused[0]));
  },
);

test.each(["Ärger & Söhne", "漢字", "🙂", " a ", "-", "👩\u200d🔬", "\u0627\u200c"])(
  "the name %j can be seen",
  (name) => {
    expect(nameProblems("name", name)).toEqual([]);
  },
);

test.each([
  [" C-1", "text.outer_space"],
  ["C-1\u00a0", "text.outer_space"],
  ["C-1\ufeff", "text.outer_space"],
  ["A\u0308", "text.nfc"],
  ["\u212b", "text.nfc"],
  ["C\u0000", "text.control"],
])("the reference %j is refused: %s", (reference, reason) => {
  expect(referenceProblems("external_id", reference)).toMatchObject([
    { field: "external_id", reason },
  ]);
});

test.each(["C-1", "C 1", "\u00c4", "漢字", undefined])("the reference %j is taken", (reference) => {
  expect(referenceProblems("external_id", reference)).toEqual([]);
});

test("a reference that was taken before may stay as it is", () => {
  expect(referenceProblems("external_id", " C-1", " C-1")).toEqual([]);
});

test.each([
  [Number.NaN, "what no Date can hold"],
  [Date.parse("1969-12-31T23:59:59.999Z"), "answers would have negative nanoseconds"],
  [Date.parse("+010000-01-01T00:00:00Z"), "after a Timestamp ends"],
])("the time %d ms is refused: %s", (timeMs) => {
  expect(timeProblems("expire_time", new Date(timeMs))).toMatchObject([{ field: "expire_time" }]);
});

test.each(["1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])("the time %s is taken", (time) => {
  expect(timeProblems("expire_time", new Date(time))).toEqual([]);
});

test("every problem is reported at once", () => {
  const problems = [...textProblems("name", "\0"), ...timeProblems("expire_time", new Date(NaN))];
  const refusal = new AppError("INVALID_ARGUMENT", { fields: problems });
  expect(() => refuseIfAny(problems)).toThrow(
    expect.objectContaining({ kind: refusal.kind, fields: refusal.fields }),
  );
});
