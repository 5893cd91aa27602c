import { AppError, invalidArgument, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { abstractError } from "./errors.ts";

const badAddress = invalidArgument([{ field: "ip_address", description: "is none" }]);

test.each<[AppError, number, string, unknown, string]>([
  [badAddress, 400, "validation_error", { ip_address: ["is none"] }, "a bad address"],
  [
    invalidArgument([
      { field: "fields", description: "a" },
      { field: "fields", description: "b" },
    ]),
    400,
    "validation_error",
    { fields: ["a", "b"] },
    "all mistakes of a field",
  ],
  [new AppError("INVALID_ARGUMENT"), 400, "validation_error", null, "two different keys"],
  [
    new AppError("KEY_MISSING"),
    401,
    "validation_error",
    { api_key: ["an API key is required"] },
    "no key",
  ],
  [new AppError("KEY_INVALID"), 401, "unauthorized", null, "a wrong key"],
  [new AppError("KEY_DISABLED"), 403, "forbidden", null, "a suspended account"],
  [new AppError("QUOTA_EXCEEDED"), 422, "quota_reached", null, "the quota is used up"],
  [new AppError("RATE_LIMITED"), 429, "too_many_requests", null, "too fast"],
  [new AppError("METHOD_NOT_ALLOWED"), 405, "method_not_allowed", null, "its reason otherwise"],
  [new AppError("AUTH_STALE"), 503, "service_unavailable", null, "what no client must see"],
  [new AppError("INTERNAL"), 500, "internal_error", null, "a defect"],
])("Abstract's clients read %s as %i %s with details %j: %s", (error, status, code, details) => {
  const answer = abstractError(error, "id-1");
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  const body = JSON.parse(answer.body);
  expect(body.error).toEqual({ message: body.detail, code, details });
  expect(body).toMatchObject({ status, request_id: "id-1" });
});

test("the members of a problem stand beside Abstract's, and so do the headers", () => {
  const metadata = { [VIOLATED_POLICY]: "month" };
  const { body, headers } = abstractError(
    new AppError("QUOTA_EXCEEDED", { metadata, retryAfterMs: 5_000 }),
    "id-1",
  );
  expect(JSON.parse(body)).toMatchObject({
    ...{ status: 422, code: "quota_exceeded", "violated-policies": ["month"] },
  });
  expect(headers).toMatchObject({ "retry-after": "5" });
  expect(abstractError(new AppError("KEY_INVALID"), "").headers).toHaveProperty("www-authenticate");
});
