import {
  createFileRegistry,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, file_google_protobuf_timestamp } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { createBinder } from "./bind.ts";
import { createJsonWriter } from "./json-writer.ts";
import { problemsOf } from "./testing/problems.ts";

const OPTIONAL = { label: "LABEL_OPTIONAL" };
const EXTENDS = { ...OPTIONAL, extendee: ".ext.Host" };
const FILE = fromJson(FileDescriptorProtoSchema, {
  name: "ext.proto",
  package: "ext",
  syntax: "proto2",
  dependency: ["google/protobuf/timestamp.proto"],
  messageType: [
    {
      name: "Host",
      field: [
        { ...OPTIONAL, name: "name", number: 1, type: "TYPE_STRING" },
        { ...OPTIONAL, name: "inner", number: 2, type: "TYPE_MESSAGE", typeName: ".ext.Host" },
      ],
      extensionRange: [{ start: 100, end: 536_870_912 }],
    },
    {
      name: "Strict",
      field: [{ name: "name", number: 1, type: "TYPE_STRING", label: "LABEL_REQUIRED" }],
    },
  ],
  enumType: [
    {
      name: "Kind",
      value: [
        { name: "A", number: 0 },
        { name: "B", number: 1 },
      ],
    },
  ],
  extension: [
    { ...EXTENDS, name: "port", number: 100, type: "TYPE_INT32", defaultValue: "80" },
    { ...EXTENDS, name: "big", number: 101, type: "TYPE_INT64" },
    { ...EXTENDS, name: "kind", number: 102, type: "TYPE_ENUM", typeName: ".ext.Kind" },
    { ...EXTENDS, name: "host", number: 103, type: "TYPE_MESSAGE", typeName: ".ext.Host" },
    { ...EXTENDS, name: "tags", number: 104, type: "TYPE_STRING", label: "LABEL_REPEATED" },
    {
      ...EXTENDS,
      name: "hosts",
      number: 105,
      type: "TYPE_MESSAGE",
      typeName: ".ext.Host",
      label: "LABEL_REPEATED",
    },
    {
      ...EXTENDS,
      name: "time",
      number: 106,
      type: "TYPE_MESSAGE",
      typeName: ".google.protobuf.Timestamp",
    },
    { ...EXTENDS, name: "strict", number: 107, type: "TYPE_MESSAGE", typeName: ".ext.Strict" },
    { ...EXTENDS, name: "last", number: 536_870_911, type: "TYPE_BOOL" },
  ],
});
const registry = createFileRegistry(FILE, (name) =>
  name === "google/protobuf/timestamp.proto" ? file_google_protobuf_timestamp.proto : undefined,
);
const HOST = hostOf();
const RULE = { body: "*", variableNames: [], reservedParameters: [] };
const bind = createBinder(HOST, { ...RULE, registry });
const write = createJsonWriter(HOST, undefined, { registry });
const read = (body: JsonValue) => bind({ variables: {}, query: "", body });

test.each<[why: string, json: JsonObject]>([
  ["a number", { "[ext.port]": 443 }],
  ["a number that is the default", { "[ext.port]": 80 }],
  ["zero", { "[ext.port]": 0 }],
  ["64 bits", { "[ext.big]": "9223372036854775807" }],
  ["an enum", { "[ext.kind]": "B" }],
  ["a message, with extensions itself", { "[ext.host]": { name: "a", "[ext.port]": 1 } }],
  ["an empty message", { "[ext.host]": {} }],
  ["a list", { "[ext.tags]": ["a", "b"] }],
  ["messages in a list", { "[ext.hosts]": [{ name: "a" }, {}] }],
  ["a time", { "[ext.time]": "2026-01-31T00:00:00Z" }],
  ["the largest number of a field", { "[ext.last]": true }],
  ["in a message inside, beside fields", { name: "x", inner: { "[ext.tags]": ["a"] } }],
  ["several", { "[ext.port]": 1, "[ext.kind]": "A", "[ext.last]": false }],
])("an extension is read and written as the library does: %s", (_why, json) => {
  const message = read(json);
  const bytes = toBinary(HOST, message);
  expect(Buffer.from(bytes)).toEqual(
    Buffer.from(toBinary(HOST, fromJson(HOST, json, { registry }))),
  );
  const written = JSON.parse(Buffer.from(write(bytes), "latin1").toString()) as JsonValue;
  const again = fromJson(HOST, written, { registry });
  expect(toJson(HOST, again, { registry })).toEqual(
    toJson(HOST, fromBinary(HOST, bytes), { registry }),
  );
  for (const key of Object.keys(json).filter((each) => each.startsWith("["))) {
    expect(written).toHaveProperty([key]);
  }
});

test("an extension that is not set, or null, is neither kept nor written", () => {
  const json = { "[ext.port]": null, "[ext.tags]": [], "[ext.hosts]": null };
  expect(toBinary(HOST, read(json))).toHaveLength(0);
  expect(write(new Uint8Array())).not.toContain("[ext");
});

test.each<[json: JsonObject, problems: string[]]>([
  [{ "[ext.none]": 1 }, ["[ext.none] is not a field of this call"]],
  [{ "ext.port": 1 }, ["ext.port is not a field of this call"]],
  [{ port: 1 }, ["port is not a field of this call"]],
  [{ "[ext.port]": "x" }, ["[ext.port] must be a whole number from -2147483648 to 2147483647"]],
  [{ inner: { "[ext.host]": { nmae: 1 } } }, ["inner.[ext.host].nmae is not a field of this call"]],
  [{ "[ext.hosts]": [1] }, ["[ext.hosts][0] must be an object of the documented form"]],
  [{ "[ext.strict]": {} }, ["[ext.strict] must have every required field"]],
])("a mistake in an extension is told by its name: %j", (json, problems) => {
  expect(problemsOf(() => read(json))).toEqual(problems);
});

test("without a registry, extensions are unknown fields", () => {
  const none = createBinder(HOST, RULE);
  const body = { "[ext.port]": 1 };
  expect(problemsOf(() => none({ variables: {}, query: "", body }))).toEqual([
    "[ext.port] is not a field of this call",
  ]);
  expect(createJsonWriter(HOST)(toBinary(HOST, read(body)))).not.toContain("ext");
});

function hostOf() {
  const found = registry.getMessage("ext.Host");
  if (found === undefined) throw new Error("there is no ext.Host");
  return found;
}
