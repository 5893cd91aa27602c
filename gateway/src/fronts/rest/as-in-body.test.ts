import { AppError } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { asInBody } from "./as-in-body.ts";

const invalid = (...fields: [field: string, description: string][]) =>
  new AppError("INVALID_ARGUMENT", {
    message: fields.map(([field, description]) => `${field}: ${description}`).join("; "),
    fields: fields.map(([field, description]) => ({ field, description, reason: "rule" })),
  });

test("mistakes in a field that the body stands for have the names of the body", () => {
  const error = invalid(
    ["key.expire_time", "must be later than key.not_before_time"],
    ["key.rate.burst", "must be at most 9"],
    ["account_id", "has no key.ring, monkey.business or other.key.name"],
  );
  expect(asInBody(error, "key")).toMatchObject({
    reason: "INVALID_ARGUMENT",
    publicMessage:
      "expire_time: must be later than not_before_time; rate.burst: must be at most 9; " +
      "account_id: has no ring, monkey.business or other.key.name",
    fields: [
      { field: "expire_time", description: "must be later than not_before_time", reason: "rule" },
      { field: "rate.burst", description: "must be at most 9" },
      { field: "account_id" },
    ],
    cause: error,
  });
});

test.each([
  ["for the whole request", invalid(["key.name", "is bad"]), undefined],
  ["about other fields", invalid(["account_id", "key.name is fine"]), "key"],
  ["without fields", new AppError("PLAN_EXISTS"), "plan"],
  ["that is unexpected", new Error("boom"), "plan"],
])("an error %s comes back as it is", (_what, error, bodyField) => {
  expect(asInBody(error, bodyField)).toBe(error);
});
