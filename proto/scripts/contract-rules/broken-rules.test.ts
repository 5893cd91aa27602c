import { create, createFileRegistry } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { compilerRequest, requestOfSample } from "../openapi/testing/contracts.ts";
import { brokenRules } from "./broken-rules.ts";

function problemsOf({ protoFile: file }: CodeGeneratorRequest): string[] {
  return brokenRules(createFileRegistry(create(FileDescriptorSetSchema, { file })));
}

const READ = "option idempotency_level = NO_SIDE_EFFECTS;";
const ACCESS = "scope: ADMIN no_account: true callers: [GATEWAY]";
const access = (policy: string) => `option (geomesh.policy.v1.access) = {${policy}};`;
const http = (rule: string) => `option (google.api.http) = {${rule}};`;
const GET = http('get: "/v1/hooks/{hook_id}" response_body: "hook"');

const MESSAGES = `
message Hook {
  string hook_id = 1 [(google.api.field_behavior) = IDENTIFIER, (google.api.field_behavior) = OUTPUT_ONLY];
  string etag = 2 [(google.api.field_behavior) = OUTPUT_ONLY];
}
message Id { string hook_id = 1 [(google.api.field_behavior) = REQUIRED, (buf.validate.field).string.max_len = 64]; }
message Answer { Hook hook = 1; }
message NewHook { Hook hook = 1 [(google.api.field_behavior) = REQUIRED]; }
`;

/** A service with one RPC, and whatever else is given. */
function sample(rpc: string, body: string, more = ""): CodeGeneratorRequest {
  return requestOfSample(`service Hooks { rpc ${rpc} { ${body} } }${MESSAGES}${more}`);
}

test("the contracts break no rule", () => {
  expect(problemsOf(compilerRequest())).toEqual([]);
});

test("an RPC that keeps all rules has no problem", () => {
  expect(problemsOf(sample("GetHook(Id) returns (Answer)", READ + GET + access(ACCESS)))).toEqual(
    [],
  );
});

test.each([
  ["has no policy", READ + GET, "has no geomesh.policy.v1.access"],
  [
    "is public without a scope",
    READ + GET + access("no_account: true callers: [GATEWAY]"),
    "is public and states no scope",
  ],
  ["is internal with a scope", READ + access(ACCESS), "is internal and states a scope"],
  [
    "does not say whose account it is about",
    READ + GET + access("scope: ADMIN callers: [GATEWAY]"),
    "states neither account_field nor no_account",
  ],
  [
    "names a field that does not exist",
    READ + GET + access('scope: ADMIN account_field: "hook.account_id" callers: [GATEWAY]'),
    "names the field hook.account_id, which holds no text",
  ],
  [
    "does not say who may call it",
    READ + GET + access("scope: ADMIN no_account: true"),
    "states no callers",
  ],
  ["reads without saying so", GET + access(ACCESS), "reads without NO_SIDE_EFFECTS"],
  [
    "has the method of another name",
    READ + http('post: "/v1/hooks/{hook_id}" body: "*" response_body: "hook"') + access(ACCESS),
    "is a post, not a get",
  ],
])("an RPC that %s is named", (_why, body, problem) => {
  expect(problemsOf(sample("GetHook(Id) returns (Answer)", body))).toEqual([
    `geomesh.sample.v1.Hooks/GetHook: ${problem}`,
  ]);
});

test("a get may answer bytes instead of its resource", () => {
  const rule = http('get: "/v1/hooks/{hook_id}/logo" response_body: "body"') + access(ACCESS);
  const messages = "message Logo { google.api.HttpBody body = 1; }";
  const answer = "GetHookLogo(Id) returns (Logo)";
  expect(problemsOf(sample(answer, READ + rule, messages))).toEqual([]);
});

test("a create carries the resource in a field of its name", () => {
  const rule = http('post: "/v1/hooks" body: "*"') + access(ACCESS);
  expect(problemsOf(sample("CreateHook(NewHook) returns (Answer)", rule))).toEqual([
    'geomesh.sample.v1.Hooks/CreateHook: has the body "*", not "hook"',
  ]);
});

test("a custom method is a POST to a verb", () => {
  const rule = http('post: "/v1/hooks/{hook_id}/test" body: "*"') + access(ACCESS);
  expect(problemsOf(sample("TestHook(Id) returns (Answer)", rule))).toEqual([
    expect.stringContaining("is custom"),
  ]);
});

test("a list has pages, and what a client sends has a behaviour and a bound", () => {
  const rule = READ + http('get: "/v1/hooks"') + access(ACCESS);
  const messages = "message Query { repeated string tags = 1; } message Hooks2 {}";
  expect(
    problemsOf(sample("ListHooks(Query) returns (Hooks2)", rule, messages)).map((text) =>
      text.replace("geomesh.sample.v1.Hooks/ListHooks: ", ""),
    ),
  ).toEqual([
    "has pages, so Query needs page_size",
    "has pages, so Query needs page_token",
    "has pages, so Hooks2 needs next_page_token",
    "Query.tags has no field_behavior",
    "Query.tags has no bound",
  ]);
});

test("a time ends in _time, and what a service assigns is OUTPUT_ONLY", () => {
  const messages = `message Tag {
    string id = 1 [(google.api.field_behavior) = IDENTIFIER];
    google.protobuf.Timestamp created = 2;
    string etag = 3;
  }`;
  const rule = READ + GET + access(ACCESS);
  expect(problemsOf(sample("GetHook(Id) returns (Answer)", rule, messages))).toEqual([
    "geomesh.sample.v1.Tag.created: is a time, so it ends in _time",
    "geomesh.sample.v1.Tag: needs one IDENTIFIER, tag_id",
    "geomesh.sample.v1.Tag.etag: is assigned by the service, so it is OUTPUT_ONLY",
  ]);
});

test("a message of which plans leave out fields has groups for all, and plans name no others", () => {
  const inList = (names: string) =>
    `(buf.validate.field).repeated = {max_items: 9 items: {string: {in: [${names}]}}}`;
  const messages = `message Spot {
    string ip_address = 1;
    string network = 2 [(geomesh.policy.v1.group) = "place"];
    string city = 3 [(geomesh.policy.v1.group) = "place"];
    string street = 4;
    string zone = 5 [(geomesh.policy.v1.group) = "Time zone"];
  }
  message Terms { repeated string field_groups = 1 [${inList('"place"')}]; }
  message Others { repeated string field_groups = 1 [${inList('"Time zone", "place"')}]; }`;
  const rule = READ + GET + access(ACCESS);
  expect(problemsOf(sample("GetHook(Id) returns (Answer)", rule, messages))).toEqual([
    "geomesh.sample.v1.Spot.network: is answered by every plan, so it has no group",
    "geomesh.sample.v1.Spot.street: has no group",
    'geomesh.sample.v1.Spot.zone: has the group "Time zone", which is no name',
    "geomesh.sample.v1.Terms.field_groups: takes other groups than Time zone, place",
  ]);
});
