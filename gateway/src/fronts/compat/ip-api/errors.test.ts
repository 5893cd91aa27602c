import { AppError, invalidArgument } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { LimitRefusal } from "../../../operations/limit-refusal.ts";
import { ipApiError, standingHeaders, TOO_MANY } from "./errors.ts";

const RATELIMIT = '"key";r=0;t=2, "account";r=12;t=37, "month";r=9120;t=86400';

test.each([
  [
    invalidArgument([{ field: "body", description: "has too many", reason: TOO_MANY }]),
    422,
    "a batch that is too large",
  ],
  [new AppError("INVALID_ARGUMENT"), 400, "two different keys"],
  [new AppError("KEY_MISSING"), 401, "no key"],
  [new AppError("KEY_INVALID"), 403, "a wrong key"],
  [new AppError("QUOTA_EXCEEDED"), 429, "the quota is used up"],
  [new AppError("AUTH_STALE"), 503, "what no client must see"],
])("ip-api's clients read %s as %i: %s", (error, status) => {
  const answer = ipApiError(error);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toEqual({
    status: "fail",
    message: expect.stringMatching(/./),
  });
});

test("a refusal by a limit tells when to come back as ip-api does", () => {
  const refusal = new LimitRefusal(new AppError("RATE_LIMITED"), { ratelimit: RATELIMIT });
  expect(ipApiError(refusal)).toMatchObject({
    status: 429,
    headers: { "x-rl": "0", "x-ttl": "2", "retry-after": "1" },
  });
});

test.each<[string, object, string]>([
  [RATELIMIT, { "x-rl": "0", "x-ttl": "2" }, "the limit of which the least is left"],
  ['"key";r=9;t=1, "month";r=3;t=86400', { "x-rl": "3", "x-ttl": "86400" }, "whichever it is"],
  ["", {}, "none is known"],
])("ip-api's headers for %s are %j: %s", (ratelimit, headers) => {
  expect(standingHeaders({ ratelimit })).toEqual(headers);
});
