import {
  createFileRegistry,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import {
  AnySchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_any,
} from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { createBinder } from "./bind.ts";
import { problemsOf } from "./testing/problems.ts";

/** What proto3 has not: defaults, required fields, closed enums, groups; and 64-bit integers that are held as texts. */
const FILE = fromJson(FileDescriptorProtoSchema, {
  name: "old.proto",
  package: "old",
  syntax: "proto2",
  dependency: ["google/protobuf/any.proto"],
  messageType: [
    { name: "Port", field: [fieldOf({ name: "port", type: "TYPE_INT32", defaultValue: "80" })] },
    {
      name: "Closed",
      field: [fieldOf({ name: "kind", type: "TYPE_ENUM", typeName: ".old.Kind" })],
    },
    {
      name: "Count",
      field: [fieldOf({ name: "count", type: "TYPE_INT64", options: { jstype: "JS_STRING" } })],
    },
    {
      name: "Group",
      field: [fieldOf({ name: "port", type: "TYPE_GROUP", typeName: ".old.Port" })],
    },
    {
      name: "Strict",
      field: [fieldOf({ name: "name", type: "TYPE_STRING", label: "LABEL_REQUIRED" })],
    },
    {
      name: "Holder",
      field: [fieldOf({ name: "any", type: "TYPE_MESSAGE", typeName: ".google.protobuf.Any" })],
    },
  ],
  enumType: [
    {
      name: "Kind",
      value: [
        { name: "ONE", number: 1 },
        { name: "TWO", number: 2 },
      ],
    },
  ],
});
const registry = createFileRegistry(FILE, (name) =>
  name === AnySchema.file.proto.name ? file_google_protobuf_any : undefined,
);

test.each<[what: string, type: string, query: string, expected: JsonValue]>([
  ["a field with a default, to another value", "Port", "port=0", { port: 0 }],
  ["nothing, so that the default holds", "Port", "", {}],
  ["a closed enum by name", "Closed", "kind=two", { kind: "TWO" }],
  ["a closed enum by number", "Closed", "kind=2", { kind: "TWO" }],
  ["a 64-bit integer that is held as text", "Count", "count=-5e1", { count: "-50" }],
  ["a field in a group", "Group", "port.port=5", { port: { port: 5 } }],
])("proto2: a query sets %s, as a body does", (_what, type, query, expected) => {
  expect(toJson(typeOf(type), bind(type, { query }))).toEqual(expected);
  expect(bind(type, { body: expected })).toEqual(fromJson(typeOf(type), expected));
});

test.each<[what: string, type: string, body: JsonValue, problem: string]>([
  [
    "a closed enum by a number that it has not",
    "Closed",
    { kind: 3 },
    "kind must be one of ONE, TWO",
  ],
  [
    "a message without a required field in Any",
    "Holder",
    { any: { "@type": "x/old.Strict" } },
    "any must have every required field",
  ],
  ["an extension", "Port", { "[old.more]": 1 }, "[old.more] is not a field of this call"],
])("proto2: a body must not have %s", (_what, type, body, problem) => {
  expect(problemsOf(() => bind(type, { body }))).toEqual([problem]);
});

function fieldOf(field: JsonObject & { readonly name: string }): JsonObject {
  return { number: 1, label: "LABEL_OPTIONAL", jsonName: field.name, ...field };
}

function typeOf(name: string): DescMessage {
  const found = registry.getMessage(`old.${name}`);
  if (found === undefined) throw new Error(`old.proto has no message ${name}`);
  return found;
}

function bind(type: string, { query = "", body }: { query?: string; body?: JsonValue }) {
  const rule = { body: body === undefined ? "" : "*", variableNames: [], reservedParameters: [] };
  return createBinder(typeOf(type), { ...rule, registry })({ variables: {}, query, body });
}
