import { create, type JsonObject, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createJsonWriter } from "./json-writer.ts";
import { INNER, KINDS, KINDS_REGISTRY as registry } from "./testing/kinds.ts";
import { messagesOf } from "./testing/messages.ts";
import { long, tag, text, varint } from "./testing/wire.ts";

const write = createJsonWriter(KINDS, undefined, { registry });
const parsed = (bytes: Uint8Array) =>
  JSON.parse(Buffer.from(write(bytes), "latin1").toString()) as JsonObject;

const A_BYTES = 15;
const { Bit64, EndGroup, LengthDelimited, StartGroup } = WireType;

describe("bytes that are refused", () => {
  const nested = (depth: number): number[] => (depth === 0 ? [] : long(3, ...nested(depth - 1)));
  const groups = (depth: number) => [
    ...Array(depth).fill(tag(999, StartGroup)).flat(),
    ...Array(depth).fill(tag(999, EndGroup)).flat(),
  ];

  it.each<[why: string, bytes: number[], message: string]>([
    ["the number 0", [0x00, 0x01], "not a serialized message"],
    ["an encoding that does not exist", [0x0e, 0x01], "not a serialized message"],
    ["a group that ends but did not begin", tag(999, EndGroup), "not a serialized message"],
    [
      "a group that does not end",
      [...tag(999, StartGroup), ...varint(1, 1)],
      "not a serialized message",
    ],
    [
      "a group that ends as another",
      [...tag(999, StartGroup), ...tag(998, EndGroup)],
      "not a serialized message",
    ],
    [
      "a group that ends outside its message",
      [...long("inner", ...tag(999, StartGroup)), ...tag(999, EndGroup)],
      "not a serialized message",
    ],
    ["more groups inside each other than are skipped", groups(101), "not a serialized message"],
    ["a varint without an end", varint("a_int32", 0x80), "not a serialized message"],
    [
      "a varint of eleven bytes",
      varint("a_int64", ...Array(10).fill(0x80), 0),
      "not a serialized message",
    ],
    ["a tag of more than 32 bits", [0x98, 0x80, 0x80, 0x80, 0x10, 1], "not a serialized message"],
    [
      "a length beyond the end",
      [...tag("a_string", LengthDelimited), 2, 65],
      "not a serialized message",
    ],
    [
      "a length of four gigabytes",
      [...tag("a_string", LengthDelimited), 255, 255, 255, 255, 15, 65],
      "not a serialized message",
    ],
    [
      "a number whose end is missing",
      [...tag("a_double", Bit64), 1, 2, 3],
      "not a serialized message",
    ],
    [
      "a packed list that ends inside an element",
      [...long("fixed64_list", 1, 2, 3), ...long("a_string", ...text("enough bytes"))],
      "not a serialized message",
    ],
    [
      "a packed varint that ends outside its list",
      [...long("int32_list", 0x80), ...varint("a_int32", 1)],
      "not a serialized message",
    ],
    [
      "a field that ends outside its message",
      [...long("inner", 0x0a, 5), ...long("a_string", 65, 65, 65)],
      "not a serialized message",
    ],
    ["text that is not UTF-8", long("a_string", 0xff), "not UTF-8"],
    ["text that ends inside a character", long("a_string", 65, 0xc3), "not UTF-8"],
    ["half of a surrogate pair", long("a_string", 0xed, 0xa0, 0x80), "not UTF-8"],
    ["a character that is longer than it must be", long("a_string", 0xe0, 0x80, 0x80), "not UTF-8"],
    ["text with an escape that is not UTF-8", long("a_string", 0x22, 0xff), "not UTF-8"],
    ["a key of a map that is not UTF-8", long("string_map", ...long(1, 0xff)), "not UTF-8"],
    ["a Value without a value", long("value"), "has no value"],
    [
      "a Value that is not finite",
      long("value", ...tag(2, Bit64), 0, 0, 0, 0, 0, 0, 0xf0, 0x7f),
      "cannot be Infinity",
    ],
    [
      "a time after the year 9999",
      long("timestamp", ...varint(1, 255, 255, 255, 255, 255, 255, 1)),
      "9999-12-31",
    ],
    [
      "a path of a FieldMask that has no camel case",
      long("field_mask", ...long(1, ...text("a_1b"))),
      "irreversible",
    ],
    [
      "an Any of an unknown type",
      long("any", ...long(1, ...text("example.com/what.Ever"))),
      '"example.com/what.Ever", which is not in the registry',
    ],
    [
      "more messages inside each other than 100",
      long("inner", ...nested(99)),
      "deeper than 100 levels",
    ],
  ])("%s", (_why, bytes, message) => {
    expect(() => write(new Uint8Array(bytes))).toThrow(message);
    // What was written until then is not before the next message.
    expect(parsed(new Uint8Array())).toHaveProperty("a_int32", 0);
  });

  it("writes 100 messages inside each other", () => {
    const bytes = new Uint8Array(long("inner", ...nested(98)));
    expect(write(bytes).split('"deeper":').length - 1).toBe(99);
    expect(write(new Uint8Array(groups(100)))).toBe(write(new Uint8Array()));
  });

  it("gives an Error or JSON for bytes that are cut anywhere", () => {
    const inner = create(INNER, {
      name: "é",
      deeper: { name: "b" },
      way: { case: "byNumber", value: 5n },
    } as never);
    const bytes = new Uint8Array([
      ...long("fixed64_list", ...Array(16).fill(1)),
      ...long("inner_map", ...long(1, 65), ...long(2, ...toBinary(INNER, inner))),
      ...long("struct", ...long(1, ...long(1, 65), ...long(2, ...long(3, 66)))),
      ...tag(999, StartGroup),
      ...varint(1, 1),
      ...tag(999, EndGroup),
      ...varint("chosen_int64", 0x80, 0x80, 0x80, 0x80, 0x01),
      ...long(
        "any",
        ...long(1, ...text("x/kinds.v1.Inner")),
        ...long(2, ...toBinary(INNER, inner)),
      ),
    ]);
    const outcomes = new Set<string>();
    for (let length = 0; length <= bytes.length; length++) {
      try {
        expect(Object.keys(parsed(bytes.slice(0, length)))).toContain("a_double");
        outcomes.add("JSON");
      } catch (error) {
        expect((error as Error).message).toMatch(/not a serialized message|not in the registry/);
        outcomes.add("Error");
      }
    }
    expect(outcomes).toEqual(new Set(["JSON", "Error"]));
  });
});

it("reads nothing outside of a message, however damaged it is", () => {
  const itself = KINDS.fields.find((field) => field.name === "itself");
  const writeItself = createJsonWriter(KINDS, itself, { registry });
  const outcome = (writer: (bytes: Uint8Array) => string, bytes: Uint8Array) => {
    try {
      return writer(bytes);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const kinds = messagesOf(KINDS, { packed: [INNER], depthMax: 1 });
  const damages = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const attempts = fc.array(damages, { minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(kinds, attempts, (message, all) => {
      const whole = toBinary(KINDS, message);
      for (const damage of all) {
        const bytes = whole.slice(0, 1 + ((damage[0]?.[0] ?? 0) % whole.length));
        for (const [at, byte] of damage) bytes[at % bytes.length] = byte;
        const inside = new BinaryWriter();
        inside.tag(itself?.number ?? 0, LengthDelimited).bytes(bytes);
        inside.tag(A_BYTES, LengthDelimited).bytes(new Uint8Array(64));
        expect(outcome(writeItself, inside.finish())).toBe(outcome(write, bytes));
      }
    }),
    { seed: 10, numRuns: 20, endOnFailure: true },
  );
});
