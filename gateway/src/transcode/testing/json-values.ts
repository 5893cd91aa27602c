import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";

type Json = fc.Arbitrary<JsonValue>;

const LEVELS = 3;
const MEMBERS_MAX = 6;
const ITEMS_MAX = 3;

const TEXT = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("", "__proto__", "constructor", "toString", "東京", "\u0000"),
);
const WHOLE = fc.oneof(
  fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  fc.constantFrom(
    "0",
    "-0",
    "-1",
    "1e3",
    "1.0",
    "007",
    "9223372036854775807",
    "-9223372036854775808",
  ),
  fc.constantFrom("18446744073709551615", "18446744073709551616", "4294967295"),
  fc.nat(1_000).map((some): JsonValue => (some % 2 === 0 ? some : String(some))),
);
const DECIMAL = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom("NaN", "Infinity", "-Infinity", "1.5", "-2e-3", "1e309", -0, 3.5e38, 1e300),
);
const BASE64 = fc
  .tuple(fc.uint8Array({ maxLength: 6 }), fc.constantFrom("base64", "base64url"))
  .map(([bytes, form]) => Buffer.from(bytes).toString(form as "base64"));
const TIMES = fc.constantFrom(
  "2026-01-31T00:00:00Z",
  "2026-01-31T01:02:03.000000004+05:45",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999999Z",
);
const DURATIONS = fc.constantFrom("0s", "-0.5s", "1.000000001s", "315576000000s", "-315576000000s");
const MASKS = fc.constantFrom("", "name", "fooBar.bazQux,a1", "Capital", "*");
/** What is seldom right, wherever it stands. */
const ODD = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    "",
    5,
    0.5,
    -1,
    [],
    {},
    [null],
    { a: null },
    "x",
    "\ud800",
  ),
  fc.constantFrom<JsonValue>("2026-02-30T00:00:00Z", "0x10", " 1", "A", "a_b", "1e999", 2 ** 53),
  fc.jsonValue({ maxDepth: 2 }).map((json) => json as JsonValue),
);

const WELL_KNOWN: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["google.protobuf.Timestamp", TIMES],
  ["google.protobuf.Duration", DURATIONS],
  ["google.protobuf.FieldMask", MASKS],
  ["google.protobuf.Value", jsonOf()],
  ["google.protobuf.ListValue", fc.array(jsonOf(), { maxLength: ITEMS_MAX })],
  ["google.protobuf.Struct", fc.dictionary(TEXT, jsonOf(), { maxKeys: ITEMS_MAX })],
  [
    "google.protobuf.Any",
    fc.constantFrom<JsonValue>(
      {},
      { "@type": "type.googleapis.com/kinds.v1.Inner", name: "x", by_number: 1 },
      { "@type": "type.googleapis.com/google.protobuf.Duration", value: "1.5s" },
      { "@type": "x/google.protobuf.Int64Value", value: "5" },
      { "@type": "x/kinds.v1.Nope" },
    ),
  ],
]);

/** What may be chosen about random JSON. */
export interface JsonOptions {
  /** One value in so many is of any form. Infinity for none, so that most are right. */
  readonly oddIn: number;
}

/** JSON of messages of a type: most of it right, in every form that proto3 JSON has, with names of the contract or of JSON. */
export function jsonMessagesOf(
  desc: DescMessage,
  { oddIn }: JsonOptions,
): fc.Arbitrary<JsonObject> {
  const known = new Map<string, fc.Arbitrary<JsonObject>>();

  function objectsOf(type: DescMessage, levels: number): fc.Arbitrary<JsonObject> {
    const key = `${type.typeName} ${levels}`;
    const found = known.get(key) ?? newObjects(type, levels);
    known.set(key, found);
    return found;
  }

  function newObjects(type: DescMessage, levels: number): fc.Arbitrary<JsonObject> {
    const members = type.fields
      .filter(({ message }) => levels > 0 || message === undefined)
      .map((field) =>
        fc.tuple(fc.constantFrom(field.name, field.jsonName), valuesOf(field, levels - 1)),
      );
    if (members.length === 0) return fc.constant({});
    return fc
      .array(fc.oneof(...members), { maxLength: MEMBERS_MAX })
      .map((pairs) => Object.fromEntries(pairs));
  }

  function valuesOf(field: DescField, levels: number): Json {
    const one = singleOf(field, levels);
    const values = fieldValuesOf(field, one);
    if (oddIn === Infinity) return values;
    return fc.oneof({ weight: oddIn - 1, arbitrary: values }, { weight: 1, arbitrary: ODD });
  }

  function singleOf({ scalar, enum: type, message }: DescField, levels: number): Json {
    if (scalar !== undefined) return scalarsOf(scalar);
    if (type !== undefined) {
      const names = fc.constantFrom(...type.values.map(({ name }) => name));
      // JSON writes every number of NullValue as null.
      return type.typeName === "google.protobuf.NullValue" ? names : fc.oneof(names, fc.integer());
    }
    if (message === undefined) return fc.constant(null);
    const wrapped = message.typeName.endsWith("Value") ? message.fields[0]?.scalar : undefined;
    const known = WELL_KNOWN.get(message.typeName);
    return known ?? (wrapped === undefined ? objectsOf(message, levels) : scalarsOf(wrapped));
  }

  return objectsOf(desc, LEVELS);
}

function fieldValuesOf(field: DescField, one: Json): Json {
  if (field.fieldKind === "list") return fc.array(one, { maxLength: ITEMS_MAX });
  if (field.fieldKind !== "map") return one;
  const keys = field.mapKey === ScalarType.STRING ? TEXT : scalarsOf(field.mapKey).map(String);
  return fc
    .array(fc.tuple(keys, one), { maxLength: ITEMS_MAX })
    .map((entries) => Object.fromEntries(entries));
}

function scalarsOf(scalar: ScalarType): Json {
  switch (scalar) {
    case ScalarType.STRING:
      return TEXT;
    case ScalarType.BYTES:
      return BASE64;
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return DECIMAL;
    default:
      return WHOLE;
  }
}

function jsonOf(): Json {
  return fc.jsonValue({ maxDepth: 2 }).map((json) => json as JsonValue);
}
