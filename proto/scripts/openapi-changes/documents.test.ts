import { describe, expect, test } from "vitest";
import type { Content, Schema } from "../openapi/types.ts";
import {
  against,
  answer,
  at,
  BASE,
  documentWith,
  GET,
  json,
  POST,
  SCHEMAS,
  withGet,
  withPost,
  withSchema,
} from "./testing/documents.ts";

const TEXT: Schema = { type: "string" };

test("a document has no breaking changes against itself", () => {
  expect(against(BASE)).toEqual([]);
});

describe("paths and methods", () => {
  test.each([
    ["removed method", documentWith({ "/v1/keys": { post: POST } }), ["GET /v1/keys: removed"]],
    ["removed path", documentWith({}), ["GET /v1/keys: removed", "POST /v1/keys: removed"]],
    [
      "changed path",
      documentWith({ "/v1/keys": { post: POST }, "/v1/locks": { get: GET } }),
      ["GET /v1/keys: moved to GET /v1/locks"],
    ],
    [
      "changed method, and more",
      documentWith({ "/v1/keys": { post: POST, put: { ...GET, "x-geomesh-scope": "admin" } } }),
      ["GET /v1/keys: moved to PUT /v1/keys", "GET /v1/keys: the scope is admin, was keys:read"],
    ],
  ])("%s", (_what, head, lines) => {
    expect(against(head)).toEqual(lines);
  });
});

describe("policy", () => {
  test.each([
    ["scope", { "x-geomesh-scope": "admin" }, "the scope is admin, was keys:read"],
    ["metering", { "x-geomesh-metered": true }, "it is metered now"],
    [
      "account",
      { "x-geomesh-account-field": "key.account_id" },
      "the account field is key.account_id, was account_id",
    ],
  ])("changed %s", (_what, changed, line) => {
    expect(against(withGet(changed))).toEqual([`GET /v1/keys: ${line}`]);
  });
});

describe("answers", () => {
  test.each([
    [
      "changed root",
      withGet(answer(at("GetKeyResponse"))),
      "GET /v1/keys: the response is GetKeyResponse, was Key",
    ],
    [
      "other status",
      withGet({ responses: { "201": { description: "", content: json(at("Key")) } } }),
      "GET /v1/keys: the status is 201, was 200",
    ],
    [
      "other media type",
      withGet({
        responses: { "200": { description: "", content: { "text/csv": { schema: {} } } } },
      }),
      "GET /v1/keys: response type application/json: removed",
    ],
    [
      "removed property",
      withSchema("Rate", { properties: {}, required: [] }),
      "Rate.requests: removed",
    ],
    [
      "changed type",
      withSchema("Rate", { properties: { requests: { type: "string", format: "int64" } } }),
      "Rate.requests: the type is string (int64), was integer",
    ],
    [
      "other message",
      withSchema("Key", { properties: { ...SCHEMAS["Key"]?.properties, rate: at("Pace") } }),
      "Key.rate: the type is Pace, was Rate",
    ],
    [
      "null where there was none",
      withSchema("Rate", { properties: { requests: { type: ["integer", "null"] } } }),
      "Rate.requests: may be null now",
    ],
    [
      "no longer always there",
      withSchema("Rate", { required: [] }),
      "Rate.requests: may be absent now",
    ],
  ])("%s", (_what, head, line) => {
    expect(against(head)).toEqual([line]);
  });

  test("a lost header", () => {
    const header = { ETag: { $ref: "#/components/headers/ETag" } };
    const base = withGet({ responses: { "200": { description: "", headers: header } } });
    const head = withGet({ responses: { "200": { description: "" } } });
    expect(against(head, base)).toEqual(["GET /v1/keys: response header ETag: removed"]);
  });
});

describe("streams", () => {
  const lines = (schema: Schema) => ({
    "application/x-ndjson": { schema },
    "text/event-stream": { schema },
  });
  const line = (name: string) => ({ anyOf: [at(name), at("Failure")] });
  const stream = (content: Content, body = lines(at("KeyInput"))) =>
    withPost({
      requestBody: { required: true, content: { ...body, "text/plain": { schema: TEXT } } },
      responses: { "200": { description: "", content } },
      parameters: [{ name: "language", in: "query", schema: TEXT }],
    });
  const base = stream(lines(line("Key")));
  const { requestBody: _, ...rest } = base.paths["/v1/keys"]?.["post"] ?? POST;

  test.each([
    ["nothing", base, []],
    [
      "other lines, once for all forms",
      stream(lines(line("Rate"))),
      ["the response is Rate or Failure, was Key or Failure"],
    ],
    [
      "no events",
      stream({ "application/x-ndjson": { schema: line("Key") } }),
      ["response type text/event-stream: removed"],
    ],
    [
      "no bare text",
      withPost({ ...rest, requestBody: { required: true, content: lines(at("KeyInput")) } }),
      ["request type text/plain: removed"],
    ],
    [
      "no parameter for all lines",
      withPost({ ...base.paths["/v1/keys"]?.["post"], parameters: [] }),
      ["query parameter language: removed"],
    ],
  ])("%s", (_what, head, expected) => {
    expect(against(head, base)).toEqual(expected.map((text) => `POST /v1/keys: ${text}`));
  });
});

describe("a message that may be answered in part", () => {
  const whole: Record<string, Schema> = {
    ...SCHEMAS,
    KeySelection: { ...SCHEMAS["Key"], required: [] },
  };
  const either = { anyOf: [at("Key"), at("KeySelection")] };
  const get = { ...GET, ...answer(either) };
  const head = documentWith({ "/v1/keys": { get, post: POST } }, whole);

  test("is the whole message to those who select nothing", () => {
    expect(against(head)).toEqual([]);
    expect(against(BASE, head)).toEqual([]);
  });

  test("still may not lose a key", () => {
    const lost = { ...whole, Key: { ...whole["Key"], required: ["name"] } };
    const changed = documentWith({ "/v1/keys": { get, post: POST } }, lost);
    expect(against(changed, head)).toEqual([
      "Key.note: may be absent now",
      "Key.rate: may be absent now",
    ]);
  });
});

test("another media type, query parameter or header breaks no client", () => {
  const content = { ...json(at("Key")), "text/csv": { schema: TEXT } };
  const head = withGet({
    parameters: [{ name: "fields", in: "query", schema: TEXT }],
    responses: {
      "200": { description: "", content, headers: { ETag: { $ref: "#/components/headers/ETag" } } },
      "304": { description: "" },
    },
  });
  expect(against(head)).toEqual([]);
  expect(against(BASE, head)).toEqual([
    "GET /v1/keys: query parameter fields: removed",
    "GET /v1/keys: response header ETag: removed",
    "GET /v1/keys: response type text/csv: removed",
  ]);
});

test("additions break no client", () => {
  const head = documentWith(
    { ...BASE.paths, "/v1/plans": { get: { ...GET, operationId: "PlanService_GetPlan" } } },
    {
      ...SCHEMAS,
      Plan: { type: "object" },
      Rate: {
        ...SCHEMAS["Rate"],
        properties: { requests: { type: "integer" }, burst: { type: "integer" } },
        required: ["requests", "burst"],
      },
    },
  );
  expect(against(head)).toEqual([]);
});

test("types that contain themselves are compared once", () => {
  const tree = (leaf: Schema): Record<string, Schema> => ({
    ...SCHEMAS,
    Key: { type: "object", properties: { parent: at("Key"), leaf }, required: ["parent", "leaf"] },
  });
  const base = documentWith(BASE.paths, tree({ type: "string" }));
  const head = documentWith(BASE.paths, tree({ type: "boolean" }));
  expect(against(head, base)).toEqual(["Key.leaf: the type is boolean, was string"]);
});
