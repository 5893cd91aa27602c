import { AppError, invalidArgument } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { readCredential } from "../../../http/credential.ts";
import { MAXMIND_PLACES } from "./credential.ts";
import { ADDRESS_ERRORS, addressRequired, maxmindError } from "./errors.ts";

const badAddress = invalidArgument([{ field: "ip_address", description: "is none" }]);

test.each([
  [badAddress, 400, "IP_ADDRESS_INVALID", "no address"],
  [addressRequired(), 400, "IP_ADDRESS_REQUIRED", "a path that ends too early"],
  [new AppError("INVALID_ARGUMENT"), 400, "INVALID_ARGUMENT", "two different keys"],
  [new AppError("KEY_MISSING"), 401, "LICENSE_KEY_REQUIRED", "no key"],
  [basicError(":key"), 401, "ACCOUNT_ID_REQUIRED", "a key without an account"],
  [basicError("me:key"), 401, "AUTHORIZATION_INVALID", "an account that is no number"],
  [new AppError("KEY_INVALID"), 401, "AUTHORIZATION_INVALID", "a wrong key"],
  [new AppError("QUOTA_EXCEEDED"), 402, "INSUFFICIENT_FUNDS", "the quota is used up"],
  [new AppError("KEY_DISABLED"), 403, "PERMISSION_REQUIRED", "a suspended account"],
  [new AppError("SCOPE_MISSING"), 403, "PERMISSION_REQUIRED", "a key for something else"],
  [new AppError("PLAN_FORBIDDEN"), 403, "PERMISSION_REQUIRED", "a plan without it"],
  [new AppError("ADDRESS_FORBIDDEN"), 403, "PERMISSION_REQUIRED", "a key for other addresses"],
  [new AppError("ORIGIN_FORBIDDEN"), 403, "PERMISSION_REQUIRED", "a key for other pages"],
  [new AppError("TEST_ADDRESS_REQUIRED"), 403, "PERMISSION_REQUIRED", "a key for tests"],
  [new AppError("INTERNAL"), 500, "INTERNAL", "a defect"],
])("MaxMind's clients read %s as %i %s: %s", (error, status, code) => {
  const answer = maxmindError(error);
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toBe(
    "application/vnd.maxmind.com-error+json; charset=UTF-8; version=2.0",
  );
  expect(JSON.parse(answer.body)).toEqual({ code, error: expect.stringMatching(/./) });
  const challenge = status === 401 ? 'Basic realm="geomesh"' : undefined;
  expect(answer.headers["www-authenticate"]).toBe(challenge);
});

test.each([
  [new AppError("RATE_LIMITED"), 429, "too fast"],
  [new AppError("UNAVAILABLE"), 503, "unavailable"],
  [new AppError("AUTH_STALE"), 503, "unavailable, for a reason that no client sees"],
])("MaxMind's clients read %s as %i without a body: %s", (error, status) => {
  const answer = maxmindError(error);
  expect(answer).toMatchObject({ status, body: "", headers: { "retry-after": "1" } });
  expect(answer.headers).not.toHaveProperty("content-type");
});

test.each([
  [ADDRESS_ERRORS.reserved("10.0.0.1"), 400, "IP_ADDRESS_RESERVED"],
  [ADDRESS_ERRORS.notFound("8.8.4.4"), 404, "IP_ADDRESS_NOT_FOUND"],
])("an address without a location is told as %j", ({ status, body }, wanted, code) => {
  expect(status).toBe(wanted);
  expect(JSON.parse(body)).toMatchObject({ code });
});

function basicError(credential: string): AppError {
  const authorization = `Basic ${Buffer.from(credential).toString("base64")}`;
  try {
    readCredential({ rawHeaders: ["Authorization", authorization] }, "", MAXMIND_PLACES);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error("it was read");
}
