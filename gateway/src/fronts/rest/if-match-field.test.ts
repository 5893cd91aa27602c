import { create, createFileRegistry, type DescMessage, type Message } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { compileIfMatch } from "./if-match-field.ts";

const { STRING, INT64 } = FieldDescriptorProto_Type;
const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;

/** A request with one field of that name. */
function requestWith(name: string, type = STRING, label = OPTIONAL): DescMessage {
  const field = { name, number: 1, type, label };
  const file = {
    ...{ name: "test.proto", package: "test", syntax: "proto3" },
    messageType: [{ name: "ChangeRequest", field: [field] }],
  };
  const set = create(FileDescriptorSetSchema, { file: [file] });
  const desc = createFileRegistry(set).getMessage("test.ChangeRequest");
  if (desc === undefined) throw new Error("no test.ChangeRequest");
  return desc;
}

const WITH_ETAG = requestWith("etag");

function taken(rawHeaders: readonly string[], etag = ""): Message {
  const request = create(WITH_ETAG, { etag });
  compileIfMatch(WITH_ETAG)?.(request, rawHeaders);
  return request;
}

test("a request with an etag takes it from If-Match", () => {
  expect(taken(["if-match", '"7"'])).toMatchObject({ etag: "7" });
  expect(taken(["IF-Match", 'W/"7"'])).toMatchObject({ etag: "7" });
});

test("what query or body state stays, with the same If-Match, with *, and without", () => {
  for (const headers of [["if-match", '"7"'], ["if-match", "*"], []]) {
    expect(taken(headers, "7")).toMatchObject({ etag: "7" });
  }
  expect(taken(["if-match", "*"])).toMatchObject({ etag: "" });
});

test("two versions at once are refused, and the header is named", () => {
  expect(() => taken(["if-match", '"8"'], "7")).toThrow("If-Match must be the same as etag");
});

test.each([
  ["another name", requestWith("tag")],
  ["another type", requestWith("etag", INT64)],
  ["a list", requestWith("etag", STRING, REPEATED)],
])("a request with %s has no version", (_what, desc) => {
  expect(compileIfMatch(desc)).toBeUndefined();
});
