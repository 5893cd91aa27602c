import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { asBuffer } from "./as-buffer.ts";
import { textOf } from "./json-bytes.ts";
import { JsonCompiler } from "./json-compiler.ts";
import { mergedValue } from "./json-members.ts";
import { WireFields, wireTag } from "./wire-fields.ts";

/** An answer that is no JSON: the bytes of a file, a page or an image. */
export interface HttpBody {
  /** Empty where the answer has none. It is text as the service sent it, not a checked media type. */
  readonly contentType: string;
  /** A view of the message, valid as long as it. */
  readonly data: Buffer;
}

/** Reads the body in a serialized message. Errors: Error for malformed bytes, and for a content type that is not UTF-8. */
export type HttpBodyReader = (message: Uint8Array) => HttpBody;

/** Format: https://github.com/googleapis/googleapis/blob/master/google/api/httpbody.proto. Its third field, `extensions`, is passed over. */
const TYPE_NAME = "google.api.HttpBody";
const CONTENT_TYPE_TAG = wireTag(1, WireType.LengthDelimited);
const DATA_TAG = wireTag(2, WireType.LengthDelimited);

/** Creates a reader of a `google.api.HttpBody`: the message itself or, with `only`, a field of it. Undefined where that is of another type. */
export function createHttpBodyReader(
  desc: DescMessage,
  only?: DescField,
): HttpBodyReader | undefined {
  if (only === undefined) return desc.typeName === TYPE_NAME ? readBody : undefined;
  if (only.fieldKind !== "message" || only.message.typeName !== TYPE_NAME) return undefined;
  const tagsOf = (field: DescField) => new JsonCompiler().bare(field).tags;
  const tags = tagsOf(only);
  const rivals = only.oneof?.fields.filter((field) => field !== only) ?? [];
  const rivalTags = rivals.flatMap(tagsOf);
  return (message) => readBody(mergedValue(asBuffer(message), tags, rivalTags));
}

function readBody(message: Uint8Array): HttpBody {
  const bytes = asBuffer(message);
  const fields = new WireFields().open(bytes, 0, bytes.length);
  let contentType = "";
  let data = bytes.subarray(0, 0);
  while (fields.next()) {
    if (fields.tag === CONTENT_TYPE_TAG) contentType = textOf(bytes, fields.start, fields.end);
    else if (fields.tag === DATA_TAG) data = bytes.subarray(fields.start, fields.end);
  }
  return { contentType, data };
}
