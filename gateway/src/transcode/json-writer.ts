import type { DescField, DescMessage, Registry } from "@bufbuild/protobuf";
import { asBuffer } from "./as-buffer.ts";
import type { FieldTree } from "./field-tree.ts";
import { JsonBytes } from "./json-bytes.ts";
import { JsonCompiler } from "./json-compiler.ts";
import type { WriteValue } from "./json-value.ts";

/**
 * Writes a serialized message as JSON in UTF-8, with one character a byte, to be sent as `latin1`.
 * Errors: Error for malformed bytes, for strings that are not UTF-8, for messages inside each other on more than 100 levels, and
 * for values of well-known types that have no JSON form.
 */
export type JsonWriter = (message: Uint8Array) => string;

/** What a caller may choose about a writer. */
export interface JsonWriterOptions {
  /**
   * The message types that an Any may hold, and the extensions that messages may have. Default none: a message with an Any is an
   * Error when it is written, and extensions are passed over.
   */
  readonly registry?: Registry;
  /** Which fields of the message are written, those of messages inside it included; with `only`, of that field's message. Default all. */
  readonly tree?: FieldTree | undefined;
}

/**
 * Compiles a writer of a message type. It writes straight from the serialized form, in a third of the time that decoding
 * and writing a message takes, and understands all that the wire format allows: several values of a field, of which the last
 * counts or which are merged, lists packed or not, and unknown fields, which it skips. With `only`, the value of that field alone
 * is written.
 *
 * The form is that of proto3 JSON, with these choices: keys are the contract's names, and every key is written. What is not
 * set is as `unsetText` says; members of a oneof and extensions are written only when set. Errors: Error where `only` is a field of
 * another type.
 */
export function createJsonWriter(
  desc: DescMessage,
  only?: DescField,
  { registry, tree }: JsonWriterOptions = {},
): JsonWriter {
  const compiler = compilerFor(registry);
  if (only) checkFields(desc, [only]);
  if (only) return toText(compiler.value(only, tree));
  return toText(tree === undefined ? compiler.message(desc).write : compiler.part(desc, tree));
}

/**
 * Compiles a writer of some fields of a message type, for a text that is put together from several messages: `,"key":value`
 * for each field, in the order of `fields`, as the writer of the whole message writes it.
 * Errors: Error for a field of another type.
 */
export function createMembersWriter(
  desc: DescMessage,
  fields: readonly DescField[],
  { registry, tree }: JsonWriterOptions = {},
): JsonWriter {
  checkFields(desc, fields);
  return toText(compilerFor(registry).members(fields, { tree }));
}

/** Without a registry, one serves all writers: a type that is whole in many of them is compiled once. */
const PLAIN = new JsonCompiler();

const compilerFor = (registry: Registry | undefined): JsonCompiler =>
  registry === undefined ? PLAIN : new JsonCompiler(registry);

function checkFields(desc: DescMessage, fields: readonly DescField[]): void {
  const foreign = fields.find(({ parent }) => parent !== desc);
  if (foreign !== undefined) throw new Error(`${desc.typeName} has no ${foreign.toString()}`);
}

/** One serves all writers: what is written is taken in the same call. */
const OUT = new JsonBytes();

function toText(write: WriteValue): JsonWriter {
  return (message) => {
    const bytes = asBuffer(message);
    // A message that could not be written must not leave its beginning before this one.
    OUT.clear();
    write(bytes, 0, bytes.length, OUT);
    return OUT.take();
  };
}
