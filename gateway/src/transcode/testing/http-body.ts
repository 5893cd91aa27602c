import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

const ONE = { label: Label.OPTIONAL };
const BODY = { ...ONE, type: Type.MESSAGE, typeName: ".google.api.HttpBody" };

const REGISTRY = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "http-body.proto",
    package: "google.api",
    syntax: "proto3",
    messageType: [
      {
        name: "HttpBody",
        field: [
          { ...ONE, name: "content_type", number: 1, type: Type.STRING },
          { ...ONE, name: "data", number: 2, type: Type.BYTES },
        ],
      },
      {
        name: "Answer",
        oneofDecl: [{ name: "form" }],
        field: [
          { ...BODY, name: "page", number: 1 },
          { ...BODY, name: "image", number: 2, oneofIndex: 0 },
          { ...ONE, name: "text", number: 3, type: Type.STRING, oneofIndex: 0 },
          { ...BODY, name: "pages", number: 4, label: Label.REPEATED },
        ],
      },
    ],
  }),
  () => undefined,
);

/** `google.api.HttpBody` without its extensions. */
export const HTTP_BODY: DescMessage = messageOf("HttpBody");
/** A message with an HttpBody as the field `page`, in a oneof as `image`, and in the list `pages`. */
export const ANSWER: DescMessage = messageOf("Answer");

function messageOf(name: string): DescMessage {
  const found = REGISTRY.getMessage(`google.api.${name}`);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}
