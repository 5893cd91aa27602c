import type { DescEnum, JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Schema } from "./types.ts";

/** The keywords of a rule; undefined where JSON Schema has none for its value. */
type RuleReader = (value: JsonValue) => Schema | undefined;
type RuleReaders = Readonly<Record<string, RuleReader>>;

const as =
  (keyword: keyof Schema): RuleReader =>
  (value) => ({ [keyword]: value });
/** Lengths are 64-bit integers, which have the form of strings. */
const asNumber =
  (keyword: keyof Schema): RuleReader =>
  (value) => ({ [keyword]: Number(value) });
const asFormat =
  (format: string): RuleReader =>
  (value) =>
    value === true ? { format } : {};

const ANY_RULES: RuleReaders = {
  const: as("const"),
  in: as("enum"),
  not_in: (value) => ({ not: { enum: value as JsonValue[] } }),
};

const NUMBER_RULES: RuleReaders = {
  ...ANY_RULES,
  gt: as("exclusiveMinimum"),
  gte: as("minimum"),
  lt: as("exclusiveMaximum"),
  lte: as("maximum"),
};

const STRING_RULES: RuleReaders = {
  ...ANY_RULES,
  len: (value) => ({ minLength: Number(value), maxLength: Number(value) }),
  min_len: asNumber("minLength"),
  max_len: asNumber("maxLength"),
  pattern: (value) => (isEcmaPattern(value as string) ? { pattern: value as string } : undefined),
  email: asFormat("email"),
  hostname: asFormat("hostname"),
  ipv4: asFormat("ipv4"),
  ipv6: asFormat("ipv6"),
  ip: (value) => (value === true ? { anyOf: [{ format: "ipv4" }, { format: "ipv6" }] } : {}),
  uri: asFormat("uri"),
  uri_ref: asFormat("uri-reference"),
  uuid: asFormat("uuid"),
};

/**
 * Rules of `buf.validate` that JSON Schema has keywords for. 64-bit integers, bytes, times and durations are strings in
 * JSON, so their bounds have no keyword.
 */
const READERS: Readonly<Record<string, RuleReaders>> = {
  string: STRING_RULES,
  bool: ANY_RULES,
  float: NUMBER_RULES,
  double: NUMBER_RULES,
  int32: NUMBER_RULES,
  uint32: NUMBER_RULES,
  sint32: NUMBER_RULES,
  fixed32: NUMBER_RULES,
  sfixed32: NUMBER_RULES,
  // Applied to the names of the enum instead.
  enum: { const: () => ({}), in: () => ({}), not_in: () => ({}), defined_only: () => ({}) },
  repeated: {
    min_items: asNumber("minItems"),
    max_items: asNumber("maxItems"),
    unique: as("uniqueItems"),
  },
  map: { min_pairs: asNumber("minProperties"), max_pairs: asNumber("maxProperties") },
};

/** The schema of a value under the rules of its field. Rules without a keyword become `x-geomesh-rules`. */
export function withRules(schema: Schema, rules: JsonObject, values?: DescEnum): Schema {
  if (rules["ignore"] === "IGNORE_ALWAYS") return schema;
  let result = schema;
  const texts: string[] = [];
  for (const [type, ofType] of Object.entries(rules)) {
    if (type === "required") continue;
    if (!isObject(ofType)) texts.push(...ruleTexts({ [type]: ofType }));
    else {
      const { items, keys, values: ofValues, ...simple } = ofType;
      result = withElementRules(result, { items, keys, values: ofValues }, values);
      for (const [name, value] of Object.entries(simple)) {
        const read = name === "example" ? as("examples") : READERS[type]?.[name];
        const keywords = read?.(value);
        if (keywords === undefined) texts.push(`${type}.${name}: ${textOf(value)}`);
        else result = { ...result, ...keywords };
      }
      if (type === "enum" && values !== undefined) {
        result = { ...result, enum: namesUnder(simple, result, values) };
      }
    }
  }
  return texts.length === 0 ? result : { ...result, "x-geomesh-rules": texts.sort() };
}

/** Rules as texts, such as `cel: this.size() < 5`. */
export function ruleTexts(rules: JsonObject): string[] {
  return Object.entries(rules).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${textOf(each)}`),
  );
}

function withElementRules(
  schema: Schema,
  rules: Readonly<Record<"items" | "keys" | "values", JsonValue | undefined>>,
  values: DescEnum | undefined,
): Schema {
  const { items, additionalProperties } = schema;
  return {
    ...schema,
    ...(isObject(rules.items) && items && { items: withRules(items, rules.items, values) }),
    ...(isObject(rules.keys) && { propertyNames: withRules({}, rules.keys) }),
    ...(isObject(rules.values) &&
      typeof additionalProperties === "object" && {
        additionalProperties: withRules(additionalProperties, rules.values, values),
      }),
  };
}

/** The names of an enum that rules about its numbers allow. */
function namesUnder(rules: JsonObject, schema: Schema, { values }: DescEnum): string[] {
  const { const: only, in: among, not_in: except } = rules as Record<string, number[] | number>;
  const allowed = values.filter(
    ({ number }) =>
      (only === undefined || number === only) &&
      (among === undefined || [among].flat().includes(number)) &&
      (except === undefined || ![except].flat().includes(number)),
  );
  return allowed.map(({ name }) => name).filter((name) => schema.enum?.includes(name));
}

function textOf(value: JsonValue): string {
  if (isObject(value) && typeof value["expression"] === "string") return value["expression"];
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Contracts use RE2 patterns, JSON Schema uses ECMAScript patterns. A pattern that both accept means the same in both. */
function isEcmaPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
