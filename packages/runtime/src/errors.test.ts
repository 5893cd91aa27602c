import { expect, test } from "vitest";
import { AppError, toAppError } from "./errors.ts";

test("an AppError stays what it is", () => {
  const error = new AppError("KEY_NOT_FOUND", { message: "no such key" });
  expect(toAppError(error)).toBe(error);
});

test.each([
  { what: "an Error", thrown: new Error("connect ECONNREFUSED 10.0.0.7:5432") },
  { what: "a text", thrown: "password=hush" },
  { what: "nothing", thrown: undefined },
])("$what becomes internal, with its text in the cause alone", ({ thrown }) => {
  const error = toAppError(thrown);
  expect(error).toMatchObject({ kind: "internal", publicMessage: "internal error" });
  expect(error.message).toBe("internal error");
  expect(error.cause).toBe(thrown);
});
