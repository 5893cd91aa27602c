import { AppError, type ErrorKind } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { toProblem } from "./problem.ts";

const problemOf = (kind: ErrorKind, reason: string, retryAfterMs?: number) => {
  const error = new AppError(kind, reason, "what happened", { retryAfterMs });
  const { status, headers, body } = toProblem(error, "id-1");
  return { status, headers, members: JSON.parse(body) };
};

test.each([
  ["unauthenticated", "KEY_MISSING", 401, "key_missing"],
  ["unauthenticated", "KEY_INVALID", 401, "key_invalid"],
  ["permission_denied", "SCOPE_MISSING", 403, "scope_missing"],
  ["permission_denied", "KEY_DISABLED", 403, "key_disabled"],
  ["resource_exhausted", "RATE_LIMITED", 429, "rate_limited"],
  ["resource_exhausted", "QUOTA_EXCEEDED", 429, "quota_exceeded"],
  ["unimplemented", "METHOD_NOT_ALLOWED", 405, "method_not_allowed"],
  ["invalid_argument", "BODY_TOO_LARGE", 413, "body_too_large"],
  ["invalid_argument", "PAGE_TOKEN_INVALID", 400, "invalid_argument"],
  ["not_found", "ACCOUNT_NOT_FOUND", 404, "not_found"],
  ["already_exists", "PLAN_EXISTS", 409, "already_exists"],
  ["unavailable", "AUTH_STALE", 503, "unavailable"],
  ["unavailable", "UPSTREAM_UNAVAILABLE", 503, "unavailable"],
  ["internal", "INTERNAL", 500, "internal"],
] as const)("%s %s is %i %s", (kind, reason, status, code) => {
  const problem = problemOf(kind, reason);
  expect(problem.status).toBe(status);
  expect(problem.members).toMatchObject({
    status,
    code,
    title: expect.stringMatching(/\w/),
    detail: "what happened",
    request_id: "id-1",
  });
  expect(problem.headers["content-type"]).toBe("application/problem+json");
});

test("Retry-After is in whole seconds, never 0, and always there on 429 and 503", () => {
  const retryAfter = (kind: ErrorKind, ms?: number) =>
    problemOf(kind, "ANY", ms).headers["retry-after"];
  expect(retryAfter("resource_exhausted", 1)).toBe("1");
  expect(retryAfter("resource_exhausted", 1_001)).toBe("2");
  expect(retryAfter("resource_exhausted")).toBe("1");
  expect(retryAfter("unavailable", 0)).toBe("1");
  expect(retryAfter("unavailable")).toBe("1");
  expect(retryAfter("not_found")).toBeUndefined();
});

test("a refusal for want of a key says how to bring one", () => {
  const { headers } = problemOf("unauthenticated", "KEY_INVALID");
  expect(headers["www-authenticate"]).toBe('Bearer realm="geomesh"');
});

test("a limit that was hit is named, by the problem type of the rate limit draft", () => {
  expect(problemOf("resource_exhausted", "RATE_LIMITED").members).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "violated-policies": ["second"],
  });
  expect(problemOf("resource_exhausted", "QUOTA_EXCEEDED").members).toMatchObject({
    "violated-policies": ["month"],
  });
});

test("every field mistake is listed", () => {
  const fields = [{ field: "a.b", description: "must be x", reason: "rule" }];
  const error = new AppError("invalid_argument", "INVALID_ARGUMENT", "no", { fields });
  expect(JSON.parse(toProblem(error, "id").body).errors).toEqual([
    { field: "a.b", detail: "must be x" },
  ]);
});

test("what caused an error stays inside", () => {
  const error = new AppError("internal", "INTERNAL", "internal error", {
    cause: new Error("connect ECONNREFUSED 10.0.0.1"),
    metadata: { host: "db" },
  });
  expect(toProblem(error, "id").body).not.toMatch(/ECONNREFUSED|db/);
});
