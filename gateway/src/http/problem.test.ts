import {
  AppError,
  type AppErrorOptions,
  type Reason,
  VIOLATED_POLICY,
} from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { toProblem } from "./problem.ts";

const problemOf = (reason: Reason, options: AppErrorOptions = {}) => {
  const error = new AppError(reason, { message: "what happened", ...options });
  const { status, headers, body } = toProblem(error, "id-1");
  return { status, headers, members: JSON.parse(body) };
};

test.each([
  ["KEY_MISSING", 401, "key_missing"],
  ["KEY_INVALID", 401, "key_invalid"],
  ["SCOPE_MISSING", 403, "scope_missing"],
  ["KEY_DISABLED", 403, "key_disabled"],
  ["RATE_LIMITED", 429, "rate_limited"],
  ["QUOTA_EXCEEDED", 429, "quota_exceeded"],
  ["METHOD_NOT_ALLOWED", 405, "method_not_allowed"],
  ["BODY_TOO_LARGE", 413, "body_too_large"],
  ["PAGE_TOKEN_INVALID", 400, "page_token_invalid"],
  ["ACCOUNT_NOT_FOUND", 404, "account_not_found"],
  ["PLAN_EXISTS", 409, "plan_exists"],
  ["AUTH_STALE", 503, "unavailable"],
  ["UPSTREAM_UNAVAILABLE", 503, "unavailable"],
  ["INTERNAL", 500, "internal"],
] as const)("%s is %i %s", (reason, status, code) => {
  const problem = problemOf(reason);
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

test("Retry-After is in whole seconds, at least 1, and always present on 429 and 503", () => {
  const retryAfter = (reason: Reason, options?: AppErrorOptions) =>
    problemOf(reason, options).headers["retry-after"];
  expect(retryAfter("RATE_LIMITED", { retryAfterMs: 1 })).toBe("1");
  expect(retryAfter("RATE_LIMITED", { retryAfterMs: 1_001 })).toBe("2");
  expect(retryAfter("RATE_LIMITED")).toBe("1");
  expect(retryAfter("AUTH_STALE", { retryAfterMs: 0 })).toBe("1");
  expect(retryAfter("AUTH_STALE")).toBe("1");
  expect(retryAfter("NOT_FOUND")).toBeUndefined();
});

test("a 401 says how to authenticate", () => {
  const { headers } = problemOf("KEY_INVALID");
  expect(headers["www-authenticate"]).toBe('Bearer realm="geomesh"');
});

test("the exceeded limits are named, with the problem type of the rate limit draft", () => {
  const metadata = { [VIOLATED_POLICY]: "key,account" };
  expect(problemOf("RATE_LIMITED", { metadata }).members).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "violated-policies": ["key", "account"],
  });
});

test("every field mistake is listed", () => {
  const fields = [{ field: "a.b", description: "must be x", reason: "rule" }];
  const error = new AppError("INVALID_ARGUMENT", { message: "no", fields });
  expect(JSON.parse(toProblem(error, "id").body).errors).toEqual([
    { field: "a.b", detail: "must be x" },
  ]);
});

test("a reason of a failed start is masked", () => {
  const { status, members } = problemOf("DIRECTORY_IN_USE");
  expect([status, members.code, members.detail]).toEqual([500, "internal", "internal error"]);
});

test("the cause and metadata of an error are not shown", () => {
  const error = new AppError("INTERNAL", {
    message: "internal error",
    cause: new Error("connect ECONNREFUSED 10.0.0.1"),
    metadata: { host: "db" },
  });
  expect(toProblem(error, "id").body).not.toMatch(/ECONNREFUSED|db/);
});
