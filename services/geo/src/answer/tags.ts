import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";

const BYTE_TAG_MAX = 0x7f;

/**
 * The tag that starts a field of an encoded message: the field's number, and its wire type in the lowest three bits.
 * Format: https://protobuf.dev/programming-guides/encoding/#structure. Compute it once, when a module loads.
 */
export function tagOf(field: DescField): number {
  return (field.number << 3) | wireTypeOf(field);
}

/** A tag that takes one byte when it is encoded. Errors: RangeError for a field with a number above 15. */
export function byteTagOf(field: DescField): number {
  const tag = tagOf(field);
  if (tag > BYTE_TAG_MAX) throw new RangeError(`the tag of ${field.name} takes more than one byte`);
  return tag;
}

function wireTypeOf(field: DescField): WireType {
  switch (field.fieldKind) {
    case "enum":
      return WireType.Varint;
    case "scalar":
      return scalarWireType(field.scalar);
    case "list":
      if (field.packed) return WireType.LengthDelimited;
      if (field.listKind === "enum") return WireType.Varint;
      if (field.listKind === "scalar") return scalarWireType(field.scalar);
      return field.delimitedEncoding ? WireType.StartGroup : WireType.LengthDelimited;
    case "message":
      return field.delimitedEncoding ? WireType.StartGroup : WireType.LengthDelimited;
    case "map":
      return WireType.LengthDelimited;
  }
}

function scalarWireType(scalar: ScalarType): WireType {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}
