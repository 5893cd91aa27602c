import { describe, expect, test } from "vitest";
import {
  against,
  at,
  json,
  NAME,
  SCHEMAS,
  withGet,
  withInput,
  withPost,
  withSchema,
} from "./testing/documents.ts";

describe("requests", () => {
  const { maxLength: _, ...unbounded } = NAME;
  test.each([
    [
      "new required field",
      withInput({ plan: { type: "string" } }, { required: ["name", "plan"] }),
      "KeyInput.plan: new and required",
    ],
    [
      "field required now",
      withInput({}, { required: ["name", "note"] }),
      "KeyInput.note: required now",
    ],
    [
      "removed field",
      withSchema("KeyInput", { properties: { name: NAME, note: { type: ["string", "null"] } } }),
      "KeyInput.scopes: removed",
    ],
    [
      "null refused",
      withInput({ note: { type: "string" } }),
      "KeyInput.note: may not be null any more",
    ],
    [
      "shorter",
      withInput({ name: { ...NAME, maxLength: 100 } }),
      "KeyInput.name: maxLength is 100, was 200",
    ],
    [
      "longer",
      withInput({ name: { ...NAME, minLength: 3 } }),
      "KeyInput.name: minLength is 3, was 1",
    ],
    [
      "new bound",
      withInput({ scopes: { ...SCHEMAS["KeyInput"]?.properties?.["scopes"], maxItems: 2 } }),
      "KeyInput.scopes: maxItems is 2, was not set",
    ],
    [
      "new pattern",
      withInput({ name: { ...NAME, pattern: "^a" } }),
      'KeyInput.name: pattern is "^a", was not set',
    ],
    [
      "new format",
      withInput({ name: { ...NAME, format: "email" } }),
      'KeyInput.name: format is "email", was not set',
    ],
    [
      "new rule without a keyword",
      withInput({ name: { ...NAME, "x-geomesh-rules": ["string.prefix: a"] } }),
      "KeyInput.name: rule `string.prefix: a` is new",
    ],
    [
      "fewer values",
      withInput({ scopes: { type: "array", items: { type: "string", enum: ["read"] } } }),
      'KeyInput.scopes[]: "write" is not allowed any more',
    ],
    [
      "certain values only",
      withInput({ name: { ...NAME, enum: ["a"] } }),
      'KeyInput.name: only "a" are allowed',
    ],
    [
      "other body",
      withPost({ requestBody: { required: true, content: json(at("KeyPatch")) } }),
      "POST /v1/keys: body: the type is KeyPatch, was KeyInput",
    ],
    [
      "new body",
      withGet({ requestBody: { required: true, content: json({}) } }),
      "GET /v1/keys: body: new and required",
    ],
    ["no body", withPost({ requestBody: undefined as never }), "POST /v1/keys: body: removed"],
  ])("%s", (_what, head, line) => {
    expect(against(head)).toEqual([line]);
  });

  test.each([
    ["wider", withInput({ name: { ...NAME, minLength: 0, maxLength: 300 } })],
    ["no bound any more", withInput({ name: unbounded })],
    ["new optional field", withInput({ plan: { type: "string" } })],
    [
      "new value",
      withInput({
        scopes: { type: "array", items: { type: "string", enum: ["read", "write", "all"] } },
      }),
    ],
    ["null allowed", withInput({ name: { ...NAME, type: ["string", "null"] } })],
    ["any keys", withInput({}, { additionalProperties: true })],
    [
      "body optional now",
      withPost({ requestBody: { required: false, content: json(at("KeyInput")) } }),
    ],
  ])("%s breaks no client", (_what, head) => {
    expect(against(head)).toEqual([]);
  });
});

describe("parameters", () => {
  const size = {
    name: "page_size",
    in: "query",
    schema: { type: "integer", maximum: 500 },
  } as const;
  const base = withGet({ parameters: [size, { $ref: "#/components/parameters/Token" }] });
  test.each([
    ["removed", [], ["header parameter Token: removed", "query parameter page_size: removed"]],
    [
      "required now",
      [{ ...size, required: true }, { $ref: "#/components/parameters/Token" }],
      ["query parameter page_size: required now"],
    ],
    [
      "other type",
      [{ ...size, schema: { type: "string" } }, { $ref: "#/components/parameters/Token" }],
      ["query parameter page_size: the type is string, was integer"],
    ],
    [
      "smaller",
      [
        { ...size, schema: { type: "integer", maximum: 100 } },
        { $ref: "#/components/parameters/Token" },
      ],
      ["query parameter page_size: maximum is 100, was 500"],
    ],
    [
      "new and required",
      [size, { $ref: "#/components/parameters/Token" }, { ...size, name: "zone", required: true }],
      ["query parameter zone: new and required"],
    ],
    [
      "new and optional",
      [size, { $ref: "#/components/parameters/Token" }, { ...size, name: "zone" }],
      [],
    ],
  ] as const)("%s", (_what, parameters, lines) => {
    expect(against(withGet({ parameters }), base)).toEqual(
      lines.map((line) => `GET /v1/keys: ${line}`),
    );
  });
});
