import { fromBinary, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { createJsonWriter } from "./json-writer.ts";
import { KINDS, KINDS_REGISTRY as registry } from "./testing/kinds.ts";
import { long, named, sized, tag, text, varint } from "./testing/wire.ts";

const write = createJsonWriter(KINDS, undefined, { registry });
const parsed = (bytes: Uint8Array) =>
  JSON.parse(Buffer.from(write(bytes), "latin1").toString()) as JsonObject;

const { Bit32, Bit64, EndGroup, StartGroup } = WireType;
const OVERLONG_ZERO = [0x80, 0x80, 0x00];

/** An Inner without what is not set. */
const withoutUnset = (json: JsonValue): JsonValue =>
  JSON.parse(JSON.stringify(json), (_key, value: JsonValue) => {
    const isUnset = value === null || value === "" || value === 0;
    return isUnset || (Array.isArray(value) && value.length === 0) ? undefined : value;
  });

/** What the fields of a serialized message are in JSON, by the library. */
function standard(bytes: Uint8Array): JsonObject {
  const message = fromBinary(KINDS, bytes);
  return toJson(KINDS, message, { registry, useProtoFieldName: true }) as JsonObject;
}

describe("bytes that other writers may send", () => {
  it.each<[why: string, bytes: number[]]>([
    [
      "a packed list in pieces is one list",
      [...long("int32_list", 1, 2), ...long("int32_list", 3)],
    ],
    [
      "a list that is packed and not",
      [...long("int32_list", 1), ...varint("int32_list", 2), ...long("int32_list", 3)],
    ],
    ["a packed list where the contract has it unpacked", long("unpacked_sint32_list", 1, 2, 3)],
    [
      "an unpacked list where the contract has it packed",
      [...varint("bool_list", 1), ...varint("bool_list", 0)],
    ],
    ["a packed list of fixed size", long("fixed32_list", 1, 0, 0, 0, 255, 255, 255, 255)],
    [
      "a packed list of enums, one of them unknown and one negative",
      long("color_list", 1, 99, ...Array(9).fill(255), 1),
    ],
    ["a packed list of nothing", long("double_list")],
    [
      "a list between other fields",
      [...varint("int32_list", 7), ...varint("a_int32", 1), ...varint("int32_list", 8)],
    ],
    ["the last of several scalars counts", [...varint("a_int32", 1), ...varint("a_int32", 2)]],
    [
      "the last of several strings counts",
      [...long("a_string", ...text("first")), ...long("a_string", ...text("z"))],
    ],
    [
      "a message in pieces is merged",
      [...long("inner", ...named("a"), ...sized(1)), ...long("inner", ...sized(2))],
    ],
    [
      "messages inside it are merged as well",
      [...long("inner", ...long(3, ...named("a"))), ...long("inner", ...long(3, ...sized(2)))],
    ],
    [
      "lists of a message in pieces are joined",
      [...long("inner", ...long(4, 65)), ...long("inner", ...long(4, 66))],
    ],
    [
      "three pieces are merged",
      [
        ...long("inner", ...named("a")),
        ...long("inner", ...sized(1)),
        ...long("inner", ...named("b")),
      ],
    ],
    [
      "pieces of a Timestamp are merged",
      [...long("timestamp", ...varint(1, 5)), ...long("timestamp", ...varint(2, 7))],
    ],
    [
      "the last member of a oneof counts",
      [...varint("chosen_int32", 1), ...long("chosen_string", 65)],
    ],
    [
      "the last member counts though it is another again",
      [...varint("chosen_int32", 1), ...long("chosen_string", 65), ...varint("chosen_int32", 2)],
    ],
    [
      "a message of a oneof is merged",
      [...long("chosen_inner", ...named("a")), ...long("chosen_inner", ...sized(1))],
    ],
    [
      "but not with one before another member",
      [
        ...long("chosen_inner", ...named("a")),
        ...varint("chosen_int32", 1),
        ...long("chosen_inner", ...sized(1)),
      ],
    ],
    [
      "and with those after it",
      [
        ...long("chosen_inner", ...named("a")),
        ...varint("chosen_int32", 1),
        ...long("chosen_inner", ...sized(1)),
        ...long("chosen_inner", ...long(4, 65)),
      ],
    ],
    [
      "a oneof inside pieces of a message",
      [...long("inner", ...long(5, 65)), ...long("inner", ...varint(6, 1))],
    ],
    ["an entry of a map without its key", long("by_string", ...long(2, 65))],
    ["an entry without its number as key", long("by_sint64", ...long(2, 65))],
    ["an entry without its truth value as key", long("by_bool", ...long(2, 65))],
    ["an entry without its value", long("int64_map", ...long(1, 65))],
    ["an entry without an enum", long("color_map", ...long(1, 65))],
    ["an entry without bytes", long("bytes_map", ...long(1, 65))],
    ["an entry without a Timestamp", long("timestamp_map", ...long(1, 65))],
    ["an empty entry", long("string_map")],
    ["an entry whose value is first", long("string_map", ...long(2, 66), ...long(1, 65))],
    [
      "the last of two entries with one key counts",
      [
        ...long("int32_map", ...long(1, 65), ...varint(2, 1)),
        ...long("int32_map", ...long(1, 65), ...varint(2, 2)),
      ],
    ],
    [
      "messages of two entries are not merged",
      [
        ...long(
          "double_value_map",
          ...long(1, 65),
          ...long(2, ...tag(1, Bit64), 0, 0, 0, 0, 0, 0, 240, 63),
        ),
        ...long("double_value_map", ...long(1, 65), ...long(2)),
      ],
    ],
    [
      "several values in one entry are merged",
      long(
        "timestamp_map",
        ...long(1, 65),
        ...long(2, ...varint(1, 5)),
        ...long(2, ...varint(2, 7)),
      ),
    ],
    [
      "several keys in one entry",
      long("string_map", ...long(1, 65), ...long(1, 66), ...long(2, 67)),
    ],
    ["an unknown field in an entry", long("string_map", ...long(1, 65), ...varint(3, 1))],
    [
      "a key that names the prototype",
      long("string_map", ...long(1, ...text("__proto__")), ...long(2, 65)),
    ],
    [
      "an unknown field of each encoding",
      [
        ...varint(999, 1),
        ...tag(999, Bit32),
        1,
        2,
        3,
        4,
        ...tag(999, Bit64),
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        ...long(999, 1),
        ...varint("a_int32", 5),
      ],
    ],
    [
      "an unknown group",
      [
        ...tag(999, StartGroup),
        ...varint(1, 1),
        ...long(2, 1, 2),
        ...tag(3, Bit32),
        1,
        2,
        3,
        4,
        ...tag(999, EndGroup),
        ...varint("a_int32", 5),
      ],
    ],
    [
      "groups in a group",
      [
        ...tag(999, StartGroup),
        ...tag(1, StartGroup),
        ...tag(1, EndGroup),
        ...tag(999, EndGroup),
        ...varint("a_int32", 5),
      ],
    ],
    [
      "varints that are longer than they must be",
      [
        ...varint("a_int32", 0x81, 0x80, 0x00),
        ...varint("a_bool", ...OVERLONG_ZERO),
        ...varint("optional_bool", 0x80, 0x01),
      ],
    ],
    ["a tag that is longer than it must be", [0x98, 0x80, 0x00, 5]],
    [
      "integers of 64 bits in fields of 32",
      [
        ...varint("a_uint32", ...Array(9).fill(255), 1),
        ...varint("a_int32", ...Array(9).fill(255), 1),
      ],
    ],
    [
      "a wrapper of the default",
      [
        ...long("int64_value"),
        ...long("bool_value"),
        ...long("string_value"),
        ...long("bytes_value"),
      ],
    ],
    [
      "a Struct in pieces",
      [
        ...long("struct", ...long(1, ...long(1, 65), ...long(2, ...varint(4, 1)))),
        ...long("struct", ...long(1, ...long(1, 66), ...long(2, ...varint(1, 0)))),
      ],
    ],
    ["a Value whose last member counts", long("value", ...varint(4, 1), ...long(3, 65))],
    [
      "a Value that is a list in pieces",
      long(
        "value",
        ...long(6, ...long(1, ...varint(4, 1))),
        ...long(6, ...long(1, ...varint(4, 0))),
      ),
    ],
    ["an Any without a type", long("any")],
    ["negative zero", [...tag("optional_double", Bit64), 0, 0, 0, 0, 0, 0, 0, 0x80]],
  ])("%s", (_why, bytes) => {
    const message = new Uint8Array(bytes);
    const expected = standard(message);
    expect(parsed(message)).toMatchObject(expected);
    for (const [key, value] of Object.entries(expected)) {
      // The library leaves out what is not set inside of these messages.
      const compared = key.includes("inner") ? withoutUnset : (json: JsonValue) => json;
      expect(compared(parsed(message)[key] ?? null)).toEqual(compared(value));
    }
    const chosen = (json: JsonObject) =>
      Object.keys(json).filter((key) => key.startsWith("chosen_"));
    expect(chosen(parsed(message))).toEqual(chosen(expected));
  });

  it("writes the entries of a map in the order of the wire", () => {
    const entries = [10, 2, 30, 2].flatMap((key) =>
      long("by_int32", ...varint(1, key), ...long(2, 64 + key)),
    );
    expect(write(new Uint8Array(entries))).toContain('"by_int32":{"10":"J","2":"B","30":"^"}');
  });

  it("passes over a field whose encoding is not that of the contract", () => {
    const bytes = [
      ...varint("a_double", 1),
      ...long("a_int32", 1),
      ...varint("a_string", 1),
      ...varint("inner", 1),
    ];
    expect(parsed(new Uint8Array(bytes))).toEqual(parsed(new Uint8Array()));
  });
});
