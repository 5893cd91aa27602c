import { expect, test } from "vitest";
import { documentOfSample, operationNamed } from "./testing/contracts.ts";
import type { Document } from "./types.ts";

const POLICY = policy("");

function policy(more: string): string {
  return `option (geomesh.policy.v1.access) = {scope: ADMIN no_account: true ${more}};`;
}

/** A service with RPCs that all have a policy. */
function service(...rpcs: readonly (readonly [signature: string, rule: string])[]): string {
  const bodies = rpcs.map(
    ([signature, rule]) => `rpc ${signature} { option (google.api.http) = {${rule}}; ${POLICY} }`,
  );
  return `service HookService { ${bodies.join("\n")} }\n`;
}

const RESOURCES = `
message Hook {
  string hook_id = 1 [(google.api.field_behavior) = OUTPUT_ONLY];
  string url = 2 [(google.api.field_behavior) = REQUIRED];
  optional string note = 3;
  string secret = 4 [(google.api.field_behavior) = INPUT_ONLY];
  map<string, string> labels = 5 [(buf.validate.field).map = {
    max_pairs: 8
    keys: {string: {max_len: 20}}
    values: {string: {max_len: 200}}
  }];
  optional Limit limit = 6;
  string etag = 7;
}
message Limit { uint32 requests = 1 [(google.api.field_behavior) = REQUIRED]; }
message UpdateHookRequest {
  string hook_id = 1;
  Hook hook = 2 [(google.api.field_behavior) = REQUIRED];
  google.protobuf.FieldMask update_mask = 3;
  google.protobuf.Duration wait = 4;
}
message UpdateHookResponse { Hook hook = 1; }
message DeleteHookRequest { string hook_id = 1; string etag = 2; }
message DeleteHookResponse {}
`;

const schema = (document: Document, name: string) => document.components.schemas[name];
const json = (name: string) => ({
  "application/json": { schema: { $ref: `#/components/schemas/${name}` } },
});

test("a PATCH takes the resource with nothing required, and its mask from the query", () => {
  const document = documentOfSample(
    service([
      "UpdateHook(UpdateHookRequest) returns (UpdateHookResponse)",
      `patch: "/v1/hooks/{hook_id}" body: "hook" response_body: "hook"`,
    ]) + RESOURCES,
  );
  const { requestBody, parameters, responses } = operationNamed(document, "HookService_UpdateHook");
  expect(requestBody).toEqual({ required: true, content: json("HookPatch") });
  expect(parameters).toMatchObject([
    { in: "path", name: "hook_id" },
    { in: "query", name: "update_mask", schema: { type: "string" } },
    {
      in: "query",
      name: "wait",
      schema: { type: "string", pattern: expect.stringContaining("s$") },
    },
  ]);
  expect(responses["200"]).toMatchObject({ content: json("Hook") });
  expect(schema(document, "HookPatch")?.required).toBeUndefined();
  expect(schema(document, "LimitPatch")?.required).toBeUndefined();
});

test("a PUT takes the resource with what must be given, and answers what is not secret", () => {
  const document = documentOfSample(
    service([
      "ReplaceHook(UpdateHookRequest) returns (UpdateHookResponse)",
      `put: "/v1/hooks/{hook_id}" body: "hook" response_body: "hook"`,
    ]) + RESOURCES,
  );
  const input = schema(document, "HookInput");
  expect(input).toMatchObject({
    required: ["url"],
    properties: {
      hook_id: { readOnly: true },
      secret: { writeOnly: true },
      labels: {
        type: "object",
        maxProperties: 8,
        propertyNames: { maxLength: 20 },
        additionalProperties: { type: "string", maxLength: 200 },
      },
      limit: { anyOf: [{ $ref: "#/components/schemas/LimitInput" }, { type: "null" }] },
    },
  });
  expect(schema(document, "Hook")?.required).toEqual([
    "hook_id",
    "url",
    "note",
    "labels",
    "limit",
    "etag",
  ]);
});

test("a DELETE with an empty response answers 204 without a body", () => {
  const document = documentOfSample(
    service([
      "DeleteHook(DeleteHookRequest) returns (DeleteHookResponse)",
      `delete: "/v1/hooks/{hook_id}"`,
    ]) + RESOURCES,
  );
  const { responses, parameters } = operationNamed(document, "HookService_DeleteHook");
  expect(responses["204"]).not.toHaveProperty("content");
  expect(responses["200"]).toBeUndefined();
  expect(parameters).toMatchObject([
    { name: "hook_id" },
    { in: "query", name: "etag" },
    { $ref: "#/components/parameters/If-Match" },
  ]);
});

test("each further rule of an RPC is an operation with an id of its own", () => {
  const document = documentOfSample(
    service([
      "DeleteHook(DeleteHookRequest) returns (DeleteHookResponse)",
      `delete: "/v1/hooks/{hook_id}" additional_bindings {post: "/v1/hooks/{hook_id}:delete" body: "*"}`,
    ]) + RESOURCES,
  );
  expect(operationNamed(document, "HookService_DeleteHook_2")).toMatchObject({
    place: "POST /v1/hooks/{hook_id}:delete",
    responses: { "200": { content: json("DeleteHookResponse") } },
  });
});

test("deprecated parts are marked, and a required oneof is a choice", () => {
  const document = documentOfSample(`
    service HookService {
      rpc ListHooks(ListHooksRequest) returns (ListHooksResponse) {
        option deprecated = true;
        option (google.api.http) = {post: "/v1/hooks:list" body: "*"};
        ${POLICY}
      }
    }
    message ListHooksRequest {
      option (buf.validate.message).cel = {id: "a", message: "b", expression: "this.old != 'x'"};
      string old = 1 [deprecated = true];
      oneof place {
        option (buf.validate.oneof).required = true;
        string town = 2;
        string country = 3;
      }
    }
    message ListHooksResponse { bytes data = 1; repeated int64 counts = 2; }`);
  expect(operationNamed(document, "HookService_ListHooks").deprecated).toBe(true);
  expect(schema(document, "ListHooksRequest")).toMatchObject({
    properties: { old: { deprecated: true } },
    oneOf: [{ required: ["town"] }, { required: ["country"] }],
    "x-geomesh-rules": ["cel: this.old != 'x'"],
  });
  expect(schema(document, "ListHooksResponse")?.properties).toEqual({
    data: { type: "string", contentEncoding: "base64" },
    counts: {
      type: "array",
      items: { type: "string", format: "int64", pattern: expect.any(String) },
    },
  });
});

test("comments become summaries and descriptions, without the line breaks of the contract", () => {
  const document = documentOfSample(`
    // Keeps hooks.
    service HookService {
      // Lists hooks. Errors: NOT_FOUND
      // for the account.
      //
      // Two orders:
      // - by id,
      // - by time.
      rpc ListHooks(ListHooksRequest) returns (ListHooksResponse) {
        option (google.api.http) = {get: "/v1/hooks"};
        ${POLICY}
      }
    }
    message ListHooksRequest {}
    message ListHooksResponse {}`);
  expect(document.tags).toEqual([{ name: "HookService", description: "Keeps hooks." }]);
  expect(operationNamed(document, "HookService_ListHooks")).toMatchObject({
    summary: "Lists hooks.",
    description: "Errors: NOT_FOUND for the account.\n\nTwo orders:\n- by id,\n- by time.",
  });
});

const UPDATE = "GetHook(UpdateHookRequest) returns (UpdateHookResponse)";
const DELETE = "GetHook(DeleteHookRequest) returns (UpdateHookResponse)";

test.each([
  ["a body on a GET", DELETE, `get: "/v1/hooks" body: "etag"`, "GET has no body"],
  ["a body that is no field", DELETE, `post: "/v1/hooks" body: "hat"`, "has no field hat"],
  ["no such answer", DELETE, `get: "/v1/hooks" response_body: "hat"`, "has no field hat"],
  ["an object in the path", UPDATE, `get: "/v1/hooks/{hook}"`, "{hook} names no field"],
  ["an object in the query", UPDATE, `get: "/v1/hooks"`, "hook cannot be a query parameter"],
  ["a variable of many segments", DELETE, `get: "/v1/{hook_id=a/*}"`, "{hook_id=a/*} in /v1/"],
  ["a verb that is not served", DELETE, `custom {kind: "HEAD" path: "/v1/hooks"}`, "not served"],
])("%s is refused with the name of the RPC", (_why, rpc, rule, message) => {
  const document = () => documentOfSample(service([rpc, rule]) + RESOURCES);
  expect(document).toThrow(`geomesh.sample.v1.HookService.GetHook: `);
  expect(document).toThrow(message);
});

test("a public RPC without a policy is refused, and all such mistakes are reported at once", () => {
  const document = () =>
    documentOfSample(`
      service HookService {
        rpc ListHooks(ListHooksRequest) returns (ListHooksResponse) {
          option (google.api.http) = {get: "/v1/hooks"};
        }
        rpc ListHats(ListHooksRequest) returns (stream ListHooksResponse) {
          option (google.api.http) = {get: "/v1/hats"};
        }
        rpc ListHens(ListHooksRequest) returns (ListHooksResponse) {
          option (google.api.http) = {get: "/v1/hens"};
          option (geomesh.policy.v1.access) = {scope: ADMIN};
        }
      }
      message ListHooksRequest {}
      message ListHooksResponse {}`);
  expect(document).toThrow("ListHooks: it is public without a scope");
  expect(document).toThrow("ListHats: only streams that go both ways have an OpenAPI form");
  expect(document).toThrow("ListHens: it is public and states neither");
});

test("two RPCs at one place, or two messages of one name, are refused", () => {
  const rpc = (name: string) => `${name}(DeleteHookRequest) returns (DeleteHookResponse)`;
  const rule = `delete: "/v1/hooks/{hook_id}"`;
  expect(() =>
    documentOfSample(service([rpc("DeleteHook"), rule], [rpc("RemoveHook"), rule]) + RESOURCES),
  ).toThrow(
    "HookService_DeleteHook and HookService_RemoveHook are both DELETE /v1/hooks/{hook_id}",
  );
  const list = "ListHooks(ListHooksRequest) returns (ListHooksResponse)";
  expect(() =>
    documentOfSample(`${service([list, `get: "/v1/hooks"`])}
      message ListHooksRequest {}
      message ListHooksResponse { Problem problem = 1; }
      message Problem {}`),
  ).toThrow("a message may not be named Problem");
});

const SCAN = `
message ScanHooksRequest {
  string hook_id = 1 [(google.api.field_behavior) = REQUIRED];
  string zone = 2 [(google.api.field_behavior) = OPTIONAL];
  google.protobuf.FieldMask fields = 3 [(google.api.field_behavior) = OPTIONAL];
}
message ScanHooksResponse { Hook hook = 1; }
`;

function scan(rule: string): Document {
  const metered = policy('metering: {addresses_field: "hook_id"}');
  const rpc = "rpc ScanHooks(stream ScanHooksRequest) returns (stream ScanHooksResponse)";
  const body = `option (google.api.http) = {${rule}}; ${metered}`;
  return documentOfSample(`service HookService { ${rpc} { ${body} } }${RESOURCES}${SCAN}`);
}

test("a stream takes a request a line, and from the query what a line may leave out", () => {
  const document = scan(`post: "/v1/hooks:scan" body: "*" response_body: "hook"`);
  const { requestBody, parameters, responses } = operationNamed(document, "HookService_ScanHooks");
  const input = { $ref: "#/components/schemas/ScanHooksRequest" };
  expect(requestBody).toMatchObject({
    required: true,
    content: {
      "application/x-ndjson": { schema: input },
      "text/plain": { schema: { type: "string", description: "Lines of `hook_id` alone." } },
    },
  });
  expect(schema(document, "ScanHooksRequest")).toMatchObject({ required: ["hook_id"] });
  expect(parameters).toMatchObject([
    { in: "query", name: "zone" },
    { in: "query", name: "fields" },
  ]);
  const hook = { $ref: "#/components/schemas/Hook" };
  expect((responses["200"] as { content: object }).content).toEqual({
    "application/x-ndjson": {
      schema: { anyOf: [hook, { $ref: "#/components/schemas/StreamProblem" }] },
    },
    "text/event-stream": { schema: hook },
  });
  expect(schema(document, "StreamProblem")).toMatchObject({ required: ["problem"] });
});

test("a stream whose lines are not whole requests is refused", () => {
  expect(() => scan(`post: "/v1/hooks:scan" body: "hook_id"`)).toThrow(
    'ScanHooks: the body of a stream is "*"',
  );
});
