import { REASONS } from "@geomesh/terms/reasons";
import { expect, test } from "vitest";
import { AppError, type Reason, toAppError, toPublicError } from "./errors.ts";

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

test("an error whose reason is public is shown as it is", () => {
  const error = new AppError("KEY_INVALID", { metadata: { key: "value" } });
  expect(toPublicError(error)).toBe(error);
});

test("clients are not told which service failed, but how long to wait and why", () => {
  const error = new AppError("ACCOUNTS_LOADING", {
    retryAfterMs: 2_000,
    metadata: { database: "10.0.0.7" },
  });
  const shown = toPublicError(error);
  expect(shown).toMatchObject({ reason: "UNAVAILABLE", kind: "unavailable", retryAfterMs: 2_000 });
  expect(shown.publicMessage).toBe("accounts are still being loaded");
  expect(shown.metadata).toEqual({});
  expect(shown.cause).toBe(error);
});

test("an error that is none of a client's concern is internal, without its sentence", () => {
  const fields = [{ field: "dir", description: "is in use" }];
  const error = new AppError("DIRECTORY_IN_USE", { message: "/var/spool is in use", fields });
  const shown = toPublicError(error);
  expect(shown).toMatchObject({ reason: "INTERNAL", publicMessage: "internal error", fields: [] });
  expect(shown.cause).toBe(error);
});

test.each(Object.keys(REASONS) as Reason[])("what clients see of %s is final", (reason) => {
  const shown = toPublicError(new AppError(reason));
  expect(toPublicError(shown)).toBe(shown);
  expect(shown.publicMessage).not.toBe("");
});
