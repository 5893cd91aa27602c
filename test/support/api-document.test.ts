import { expect, test } from "vitest";
import { documentProblems, operationId } from "./api-document.ts";

const HEADERS = { "content-type": "application/json", "x-request-id": "1" };
const PLAN = {
  plan_id: "a",
  name: "A",
  monthly_quota: "10",
  quota_mode: "HARD",
  key_rate: { requests: 1, per: "1s", burst: 1 },
  account_rate: { requests: 1, per: "1s", burst: 1 },
  batch_size_max: 1000,
  keys_max: 100,
  field_groups: [],
  etag: "1",
};

function problemsOf(body: unknown, { status = 200, headers = {} } = {}): string[] {
  return documentProblems("GET", "/v1/plans/a?x=1", {
    status,
    headers: new Headers({ ...HEADERS, etag: '"1"', ...headers }),
    text: typeof body === "string" ? body : JSON.stringify(body),
  });
}

test.each([
  ["GET", "/v1/locations/2001:db8::1", "GeoService_GetLocation"],
  ["GET", "/v1/accounts/-/keys/key_1", "AuthService_GetKey"],
  ["POST", "/v1/accounts/-/keys/key_1:revoke", "AuthService_RevokeKey"],
  ["GET", "/v1/nowhere", undefined],
  ["HEAD", "/v1/plans", undefined],
])("%s %s is the operation %s", (method, target, id) => {
  expect(operationId(method, target)).toBe(id);
});

test("an answer as documented has no problem, and neither has one of no operation", () => {
  expect(problemsOf(PLAN)).toEqual([]);
  const answer = { status: 418, headers: new Headers(), text: "tea" };
  expect(documentProblems("GET", "/teapot", answer)).toEqual([]);
});

const { name: _, ...nameless } = PLAN;
test.each([
  ["lacks a key", problemsOf(nameless), "must have required property 'name'"],
  ["has another key", problemsOf({ ...PLAN, tea: 1 }), "must NOT have additional properties"],
  ["has a number for a text", problemsOf({ ...PLAN, name: 1 }), "/name must be string"],
  ["has no 64-bit integer", problemsOf({ ...PLAN, monthly_quota: "1e3" }), "must match format"],
  ["has another status", problemsOf(PLAN, { status: 206 }), "is not documented"],
  ["is no JSON", problemsOf("a", { headers: { "content-type": "text/html" } }), "is text/html"],
  ["is no problem", problemsOf({}, { status: 404 }), "is application/json"],
])("an answer that %s is told", (_what, problems, expected) => {
  expect(problems.join()).toContain(expected);
});

test("an answer that lacks a header is told", () => {
  const answer = { status: 200, headers: new Headers(HEADERS), text: JSON.stringify(PLAN) };
  expect(documentProblems("GET", "/v1/plans/a", answer)).toEqual([
    "AuthService_GetPlan 200: lacks the header ETag",
  ]);
});
