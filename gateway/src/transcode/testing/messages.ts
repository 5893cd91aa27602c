import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";

/** Text with what JSON has to escape, and what takes several bytes in UTF-8. */
const TEXT = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", '"', "\\", "\u0000\b\n\u001f\u007f", "São Tomé", "東京", "🇨🇭", "\u2028"),
);

const SCALARS: Partial<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  [ScalarType.STRING]: TEXT,
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.UINT32]: fc.oneof(fc.constant(0), fc.nat(0xffff_ffff)),
  [ScalarType.INT32]: fc.oneof(fc.constant(0), fc.integer()),
  [ScalarType.DOUBLE]: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -0, 51.5, -0.1, 1e21, 5e-324),
  ),
};

/**
 * Messages of a type, of whose fields any may be set, to its default as well. Errors: Error for a type with other fields than text, truth values, numbers and messages.
 */
export function messagesOf(desc: DescMessage): fc.Arbitrary<Message> {
  const values = desc.fields.map((field) => fc.option(valuesOf(field), { nil: undefined }));
  return fc.tuple(...values).map((chosen) => {
    const init: Record<string, unknown> = {};
    for (const [at, value] of chosen.entries()) {
      if (value !== undefined) init[desc.fields[at]?.localName ?? ""] = value;
    }
    return create(desc, init);
  });
}

function valuesOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.fieldKind === "message") return messagesOf(field.message);
  const scalars = field.fieldKind === "scalar" ? SCALARS[field.scalar] : undefined;
  if (scalars === undefined) throw new Error(`no values for ${field.toString()}`);
  return scalars;
}
