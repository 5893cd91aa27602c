import { AppError, invalidArgument } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { ipinfoError } from "./errors.ts";

test.each([
  [
    invalidArgument([{ field: "ip_address", description: "is none" }]),
    404,
    "Wrong ip",
    "no address",
  ],
  [new AppError("INVALID_ARGUMENT"), 400, "Bad Request", "two different keys"],
  [new AppError("KEY_MISSING"), 401, "Token required", "no key"],
  [new AppError("KEY_INVALID"), 403, "Unknown token", "a wrong key"],
  [new AppError("SCOPE_MISSING"), 403, "Forbidden", "a key for something else"],
  [new AppError("RATE_LIMITED"), 429, "Rate limit exceeded", "too fast"],
  [new AppError("QUOTA_EXCEEDED"), 429, "Quota exceeded", "the quota is used up"],
  [new AppError("NOT_FOUND"), 404, "Not Found", "a field that is none"],
  [new AppError("AUTH_STALE"), 503, "Service Unavailable", "what no client must see"],
])("ipinfo's clients read %s as %i %s: %s", (error, status, title) => {
  const answer = ipinfoError(error, "id-1");
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toEqual({
    status,
    error: { title, message: expect.stringMatching(/./) },
  });
  expect("retry-after" in answer.headers).toBe([429, 503].includes(status));
});
