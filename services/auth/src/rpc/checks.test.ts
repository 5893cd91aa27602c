import { AppError } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { refuseIfAny, textProblems, timeProblems } from "./checks.ts";

test.each(["a\0b", "line\nbreak", "\u007f", "\u0085"])("the name %j is refused", (name) => {
  expect(textProblems("name", name)).toMatchObject([{ field: "name" }]);
});

test.each(["Ärger & Söhne", "漢字", "🙂", undefined])("the name %j is taken", (name) => {
  expect(textProblems("name", name)).toEqual([]);
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
