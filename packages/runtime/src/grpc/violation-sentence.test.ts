import {
  create,
  createFileRegistry,
  type DescFile,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_duration,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import {
  FieldRulesSchema,
  field as fieldRules,
  file_buf_validate_validate,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { expect, test } from "vitest";
import { invalidRequest } from "./validation.ts";

type Rules = MessageInitShape<typeof FieldRulesSchema>;

const TYPES = {
  string: { type: Type.STRING },
  bytes: { type: Type.BYTES },
  uint32: { type: Type.UINT32 },
  int64: { type: Type.INT64 },
  double: { type: Type.DOUBLE },
  color: { type: Type.ENUM, typeName: ".test.Color" },
  duration: { type: Type.MESSAGE, typeName: ".google.protobuf.Duration" },
};
type TypeName = keyof typeof TYPES | `${keyof typeof TYPES}[]`;

const IMPORTS: readonly DescFile[] = [file_buf_validate_validate, file_google_protobuf_duration];
const COLORS = ["COLOR_UNSPECIFIED", "RED", "GREEN", "BLUE"];

/** A message whose one field, `it`, has these rules. */
function messageWith(type: TypeName, rules: Rules): DescMessage {
  const options = create(FieldOptionsSchema);
  setExtension(options, fieldRules, create(FieldRulesSchema, rules));
  const field = create(FieldDescriptorProtoSchema, {
    name: "it",
    number: 1,
    label: type.endsWith("[]") ? Label.REPEATED : Label.OPTIONAL,
    options,
    ...TYPES[type.replace("[]", "") as keyof typeof TYPES],
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    package: "test",
    syntax: "proto3",
    dependency: IMPORTS.map(({ proto }) => proto.name),
    messageType: [{ name: "Request", field: [field] }],
    enumType: [{ name: "Color", value: COLORS.map((name, number) => ({ name, number })) }],
  });
  const imported = (name: string) => IMPORTS.find(({ proto }) => proto.name === name);
  return createFileRegistry(file, imported).getMessage("test.Request") as DescMessage;
}

/** The message of the error for a request `{it: value}`. */
function refusal(type: TypeName, rules: Rules, value: JsonValue): string {
  const request = messageWith(type, rules);
  const message = fromJson(request, { it: value });
  return invalidRequest(createValidator().validate(request, message).violations ?? []).message;
}

const of = <Family extends string, Value>(family: Family, value: Value) =>
  ({ type: { case: family, value } }) as unknown as Rules;
const perElement = (items: Rules) => of("repeated", { items });

test.each<[string, TypeName, Rules, JsonValue]>([
  ["it is required", "string", of("string", { minLen: 1n }), ""],
  ["it is required", "string[]", of("repeated", { minItems: 1n }), []],
  ["it is required", "duration", { required: true }, null],
  ["it is required", "color", of("enum", { notIn: [0] }), 0],
  ["it[1] must not be empty", "string[]", perElement(of("string", { minLen: 1n })), ["a", ""]],
  ["it must have at least 3 characters", "string", of("string", { minLen: 3n }), "x"],
  ["it must have at most 1 character", "string", of("string", { maxLen: 1n }), "xy"],
  ["it must have at most 2,000 bytes", "bytes", of("bytes", { maxLen: 2000n }), "A".repeat(2800)],
  ["it must have exactly 16 bytes", "bytes", of("bytes", { len: 16n }), "AAAA"],
  ["it must have at least 2 entries", "string[]", of("repeated", { minItems: 2n }), ["a"]],
  ["it must have at most 1 entry", "string[]", of("repeated", { maxItems: 1n }), ["a", "b"]],
  ["it must not repeat an entry", "string[]", of("repeated", { unique: true }), ["a", "a"]],
  ["it must have the form [a-z]{1,3}", "string", of("string", { pattern: "^[a-z]{1,3}$" }), "A"],
  // An empty choice stands for an unset field, which nobody would write.
  ["it must be one of de, en", "string", of("string", { in: ["", "de", "en"] }), "tlh"],
  ["it must be de", "string", of("string", { in: ["", "de"] }), "tlh"],
  ["it[0] must be one of a, b", "string[]", perElement(of("string", { in: ["a", "b"] })), ["c"]],
  ["it must not be root", "string", of("string", { notIn: ["root"] }), "root"],
  ["it must be one of RED, GREEN, BLUE", "color", of("enum", { definedOnly: true }), 9],
  ["it must be one of RED, BLUE", "color", of("enum", { definedOnly: true, notIn: [0, 2] }), 2],
  ["it[0] must be one of RED, BLUE", "color[]", perElement(of("enum", { in: [1, 3] })), ["GREEN"]],
  [
    "it must be a whole number from 1 to 1,000,000",
    "uint32",
    of("uint32", { lessThan: { case: "lte", value: 1e6 }, greaterThan: { case: "gte", value: 1 } }),
    0,
  ],
  [
    "it must be a whole number from 0 to 500",
    "uint32",
    of("uint32", { lessThan: { case: "lte", value: 500 } }),
    501,
  ],
  [
    "it must be a whole number of at least -5",
    "int64",
    of("int64", { greaterThan: { case: "gte", value: -5n } }),
    "-6",
  ],
  [
    "it must be a number of at most 0.5",
    "double",
    of("double", { lessThan: { case: "lte", value: 0.5 } }),
    0.75,
  ],
  [
    "it must be a duration from 1s to 86400s",
    "duration",
    of("duration", {
      lessThan: { case: "lte", value: { seconds: 86_400n } },
      greaterThan: { case: "gte", value: { seconds: 1n } },
    }),
    "0.5s",
  ],
  // Rules without a sentence of their own: protovalidate's where it reads alike, else the bare fact.
  [
    "it must be greater than 1",
    "double",
    of("double", { greaterThan: { case: "gt", value: 1 } }),
    1,
  ],
  ["it is invalid", "bytes", of("bytes", { prefix: new Uint8Array([9]) }), "AAAA"],
  ["it is invalid", "string", { cel: [{ id: "odd", expression: "'a list of x'" }] }, "x"],
])("%s", (sentence, type, rules, value) => {
  expect(refusal(type, rules, value)).toBe(sentence);
});

test("several mistakes are several sentences", () => {
  const rules = of("repeated", { maxItems: 1n, unique: true });
  const both = "it must have at most 1 entry; it must not repeat an entry";
  expect(refusal("string[]", rules, ["a", "a"])).toBe(both);
});
