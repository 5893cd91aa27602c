import { create, createFileRegistry } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { createJsonWriter } from "./json-writer.ts";

it("writes fields that are groups on the wire, and one of the highest number", () => {
  const group = { label: Label.OPTIONAL, type: Type.GROUP, typeName: ".g.Outer.Group" };
  const number = { name: "n", number: 1, label: Label.OPTIONAL, type: Type.INT32 };
  const outer = create(FileDescriptorProtoSchema, {
    name: "g.proto",
    package: "g",
    syntax: "proto2",
    messageType: [
      {
        name: "Outer",
        nestedType: [{ name: "Group", field: [number] }],
        field: [
          { ...group, name: "one", number: 1 },
          { ...group, name: "many", number: 2, label: Label.REPEATED },
          { ...number, name: "last", number: 536_870_911 },
        ],
      },
    ],
  });
  const desc = createFileRegistry(outer, () => undefined).getMessage("g.Outer");
  if (desc === undefined) throw new Error("the file has no message");
  const bytes = new BinaryWriter()
    .raw(new Uint8Array([0x0b, 8, 1, 0x0c, 0x0b, 8, 2, 0x0c]))
    .raw(new Uint8Array([0x13, 8, 3, 0x14, 0x13, 0x14]))
    .raw(new Uint8Array([0xf8, 0xff, 0xff, 0xff, 0x0f, 4]))
    .finish();
  expect(createJsonWriter(desc)(bytes)).toBe(
    '{"one":{"n":2},"many":[{"n":3},{"n":null}],"last":4}',
  );
  expect(createJsonWriter(desc)(new Uint8Array())).toBe('{"one":{"n":null},"many":[],"last":null}');
});
