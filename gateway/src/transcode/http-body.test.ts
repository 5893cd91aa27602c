import { WireType } from "@bufbuild/protobuf/wire";
import { expect, it } from "vitest";
import { createHttpBodyReader } from "./http-body.ts";
import { createJsonWriter } from "./json-writer.ts";
import { ANSWER, HTTP_BODY } from "./testing/http-body.ts";
import { long, tag, text, varint } from "./testing/wire.ts";

const fieldOf = (name: string) => {
  const found = ANSWER.fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`an Answer has no ${name}`);
  return found;
};
const type = (value: string) => long(1, ...text(value));
const data = (...bytes: number[]) => long(2, ...bytes);
const NOTHING = { contentType: "", data: Buffer.alloc(0) };

it.each<[why: string, bytes: number[], body: { contentType: string; data: Buffer }]>([
  [
    "type and data",
    [...type("image/png"), ...data(0x89, 0, 0xff)],
    { contentType: "image/png", data: Buffer.of(0x89, 0, 0xff) },
  ],
  ["nothing", [], NOTHING],
  ["data alone", data(1), { contentType: "", data: Buffer.of(1) }],
  [
    "the last of several",
    [...type("a/b"), ...data(1), ...type("c/d"), ...data(2)],
    { contentType: "c/d", data: Buffer.of(2) },
  ],
  [
    "unknown fields and extensions",
    [...long(3, 1), ...varint(9, 1), ...data(1)],
    { contentType: "", data: Buffer.of(1) },
  ],
])("reads a body of %s", (_why, bytes, body) => {
  expect(createHttpBodyReader(HTTP_BODY)?.(new Uint8Array(bytes))).toEqual(body);
  const page = [...long(7, 1), ...long(1, ...bytes)];
  expect(createHttpBodyReader(ANSWER, fieldOf("page"))?.(new Uint8Array(page))).toEqual(body);
});

it.each<[why: string, bytes: number[], body: { contentType: string; data: Buffer }]>([
  ["a field that is not set is empty", long(1, ...data(1)), NOTHING],
  [
    "pieces are merged",
    [...long(2, ...type("a/b")), ...long(2, ...data(1))],
    { contentType: "a/b", data: Buffer.of(1) },
  ],
  ["a later member of its oneof unsets it", [...long(2, ...data(1)), ...long(3, 65)], NOTHING],
  [
    "and what was before that is gone",
    [...long(2, ...data(1)), ...long(3, 65), ...long(2, ...type("a/b"))],
    { contentType: "a/b", data: Buffer.alloc(0) },
  ],
])("reads the body of a oneof: %s", (_why, bytes, body) => {
  const read = createHttpBodyReader(ANSWER, fieldOf("image"));
  expect(read?.(new Uint8Array(bytes))).toEqual(body);
});

it("is nothing for answers that are not one body", () => {
  expect(createHttpBodyReader(ANSWER)).toBeUndefined();
  expect(createHttpBodyReader(ANSWER, fieldOf("text"))).toBeUndefined();
  expect(createHttpBodyReader(ANSWER, fieldOf("pages"))).toBeUndefined();
  expect(createHttpBodyReader(HTTP_BODY, HTTP_BODY.fields[1])).toBeUndefined();
});

it("leaves a body inside another message a plain message", () => {
  const bytes = new Uint8Array(long(4, ...type("a/b"), ...data(255)));
  expect(createJsonWriter(ANSWER)(bytes)).toBe(
    '{"page":{"content_type":"","data":""},"pages":[{"content_type":"a/b","data":"/w=="}]}',
  );
});

it.each<[why: string, bytes: number[], message: string]>([
  ["bytes that are cut", [...tag(2, WireType.LengthDelimited), 5, 1], "not a serialized message"],
  ["a content type that is not UTF-8", long(1, 0xff), "not UTF-8"],
])("refuses %s", (_why, bytes, message) => {
  expect(() => createHttpBodyReader(HTTP_BODY)?.(new Uint8Array(bytes))).toThrow(message);
});
