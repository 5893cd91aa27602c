import {
  create,
  type DescField,
  type DescMessage,
  type DescOneof,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { type ReflectList, type ReflectMap, reflect } from "@bufbuild/protobuf/reflect";
import {
  AnySchema,
  anyPack,
  DurationSchema,
  FieldMaskSchema,
  TimestampSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import fc from "fast-check";

/** What may be chosen about random messages. */
export interface MessagesOptions {
  /** Fields that no message lacks, which are not of a type that contains itself. Default none. */
  readonly isAlwaysSet?: (field: DescField) => boolean;
  /** The types that an Any may hold. Default none: an Any holds nothing. */
  readonly packed?: readonly DescMessage[];
  /** Messages inside the outermost one, level by level. Default 4. */
  readonly depthMax?: number;
}

/** A field and its value: a message as itself, a list as an array, a map as an array of entries. */
type Chosen = readonly [field: DescField, value: unknown];

const DEPTH = 4;
const LIST_MAX = 2;
const NANOS_MAX = 999_999_999;
const TIMESTAMP_MIN = -62_135_596_800n;
const TIMESTAMP_MAX = 253_402_300_799n;
const DURATION_MAX = 315_576_000_000n;

/** Text with what JSON has to escape, and what takes several bytes in UTF-8. */
const TEXT = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", '"', "\\", "\u0000\b\n\u001f\u007f", "São Tomé", "東京", "🇨🇭", "\u2028"),
);
/** V8 13.6 reads the JSON key `"\\""` as a backslash after an object whose key in that place was one. */
const KEYS = TEXT.filter((text) => !text.includes("\\"));
const INT32 = fc.oneof(fc.constant(0), fc.integer());
const UINT32 = fc.oneof(fc.constant(0), fc.nat(0xffff_ffff));
const INT64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 28n, 2n ** 31n, -(2n ** 63n)),
);
const UINT64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 28n - 1n, 2n ** 28n, 2n ** 63n),
);
const FINITE = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 51.5, -0.1, 1e21, 5e-324),
);
const NOT_FINITE = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const FLOATS = fc.oneof(
  fc.float(),
  fc.constantFrom(0, -0, 0.1, 16_777_216, 1.401298464324817e-45, 3.4028234663852886e38),
);

const SCALARS: Record<ScalarType, fc.Arbitrary<unknown>> = {
  [ScalarType.STRING]: TEXT,
  [ScalarType.BYTES]: fc.uint8Array({ maxLength: 5 }),
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: UINT64,
  [ScalarType.DOUBLE]: fc.oneof({ weight: 9, arbitrary: FINITE }, NOT_FINITE),
  [ScalarType.FLOAT]: FLOATS.map(Math.fround),
};

/** Well-known types whose fields depend on each other. */
const WELL_KNOWN: ReadonlyMap<string, fc.Arbitrary<Message>> = new Map([
  [
    TimestampSchema.typeName,
    fc
      .record({
        seconds: fc.bigInt({ min: TIMESTAMP_MIN, max: TIMESTAMP_MAX }),
        nanos: fc.nat(NANOS_MAX),
      })
      .map((init): Message => create(TimestampSchema, init)),
  ],
  [
    DurationSchema.typeName,
    fc
      .record({
        seconds: fc.bigInt({ min: 0n, max: DURATION_MAX }),
        nanos: fc.nat(NANOS_MAX),
        sign: fc.constantFrom(1, -1),
      })
      .map(({ seconds, nanos, sign }): Message => {
        return create(DurationSchema, { seconds: seconds * BigInt(sign), nanos: nanos * sign });
      }),
  ],
  [
    FieldMaskSchema.typeName,
    fc
      .array(fc.constantFrom("name", "some_field", "outer.inner_field", "b1"), { maxLength: 3 })
      .map((paths): Message => create(FieldMaskSchema, { paths })),
  ],
]);

/** Messages of a type, of whose fields any may be set, to its default as well. */
export function messagesOf(
  desc: DescMessage,
  { isAlwaysSet = () => false, packed = [], depthMax = DEPTH }: MessagesOptions = {},
): fc.Arbitrary<Message> {
  const known = new Map<string, fc.Arbitrary<Message>>();

  function messages(type: DescMessage, depth: number): fc.Arbitrary<Message> {
    const key = `${type.typeName} ${depth}`;
    const found = known.get(key) ?? WELL_KNOWN.get(type.typeName) ?? newMessages(type, depth);
    known.set(key, found);
    return found;
  }

  function newMessages(type: DescMessage, depth: number): fc.Arbitrary<Message> {
    if (type.typeName === AnySchema.typeName) return anys(depth);
    const fields = type.fields.filter(({ oneof }) => oneof === undefined);
    const single = fields.map((field) => {
      if (isAlwaysSet(field)) return chosen(field, depth);
      return isTooDeep(field, depth) ? fc.constant(undefined) : maybe(chosen(field, depth));
    });
    const oneofs = type.oneofs.map((oneof) => members(oneof, depth));
    return fc.tuple(...single, ...oneofs).map((all) => build(type, all));
  }

  /** A Value has always one of its members, as it may not be without. */
  function members(oneof: DescOneof, depth: number): fc.Arbitrary<Chosen | undefined> {
    const fields = oneof.fields.filter((field) => !isTooDeep(field, depth));
    const one = fc.oneof(...fields.map((field) => chosen(field, depth)));
    return oneof.parent.typeName === ValueSchema.typeName ? one : maybe(one);
  }

  function chosen(field: DescField, depth: number): fc.Arbitrary<Chosen> {
    return valuesOf(field, depth).map((value) => [field, value] as const);
  }

  function valuesOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
    const elements = elementsOf(field, depth);
    if (field.fieldKind === "list") return fc.array(elements, { maxLength: LIST_MAX });
    if (field.fieldKind !== "map") return elements;
    const keys = field.mapKey === ScalarType.STRING ? KEYS : SCALARS[field.mapKey];
    return fc.array(fc.tuple(keys, elements), { maxLength: LIST_MAX });
  }

  function elementsOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
    if (field.message !== undefined) return messages(field.message, Math.max(0, depth - 1));
    if (field.enum !== undefined) return enumsOf(field.enum);
    const isOfValue = field.parent.typeName === ValueSchema.typeName;
    if (isOfValue && field.scalar === ScalarType.DOUBLE) return FINITE;
    return SCALARS[field.scalar ?? ScalarType.STRING];
  }

  function anys(depth: number): fc.Arbitrary<Message> {
    const types = depth === 0 ? [] : packed;
    const inside = types.map((type) =>
      messages(type, depth - 1).map((message): Message => anyPack(type, message)),
    );
    return fc.oneof(fc.constant<Message>(create(AnySchema)), ...inside);
  }

  return messages(desc, depthMax);
}

const isTooDeep = ({ message }: DescField, depth: number) => message !== undefined && depth === 0;
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Numbers of an enum and one that it does not know. */
function enumsOf({ typeName, values }: NonNullable<DescField["enum"]>): fc.Arbitrary<number> {
  if (typeName === "google.protobuf.NullValue") return fc.constant(0);
  return fc.constantFrom(...values.map(({ number }) => number), 77);
}

function build(desc: DescMessage, chosen: readonly (Chosen | undefined)[]): Message {
  const built = reflect(desc);
  for (const [field, value] of chosen.filter((each) => each !== undefined)) {
    const inner = (each: unknown) =>
      field.message ? reflect(field.message, each as Message) : each;
    if (field.fieldKind === "list") {
      const list: ReflectList = built.get(field);
      for (const each of value as unknown[]) list.add(inner(each));
    } else if (field.fieldKind === "map") {
      const map: ReflectMap = built.get(field);
      for (const [key, each] of value as [string, unknown][]) map.set(key, inner(each));
    } else built.set(field, inner(value));
  }
  return built.message;
}
