import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { SelectedMembers } from "./selection.ts";

/**
 * The selected fields of an encoded message, in the order in which they stand; what was not selected is left out, unknown fields
 * too. Errors: Error for malformed bytes.
 */
export function selectFields(message: Uint8Array, members: SelectedMembers): Uint8Array {
  const reader = new BinaryReader(message);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, type] = reader.tag();
    const selected = members.get(number);
    if (selected !== undefined && selected !== "whole" && type === WireType.LengthDelimited) {
      const inside = selectFields(reader.bytes(), selected);
      writer.tag(number, WireType.LengthDelimited).bytes(inside);
      continue;
    }
    reader.skip(type, number);
    if (selected === "whole") writer.raw(message.subarray(start, reader.pos));
  }
  return writer.finish();
}
