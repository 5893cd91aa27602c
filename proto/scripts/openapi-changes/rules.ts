import type { Schema } from "../openapi/types.ts";

const LOWER_BOUNDS = [
  "minLength",
  "minItems",
  "minProperties",
  "minimum",
  "exclusiveMinimum",
] as const;
const UPPER_BOUNDS = [
  "maxLength",
  "maxItems",
  "maxProperties",
  "maximum",
  "exclusiveMaximum",
] as const;
/** Rules without an order: any difference may refuse what was allowed. */
const OTHERS = [
  "pattern",
  "format",
  "const",
  "not",
  "anyOf",
  "oneOf",
  "uniqueItems",
  "propertyNames",
] as const;

/** Rules of the head that refuse what the base allows, as parts of sentences about the value. */
export function tightenedRules(base: Schema, head: Schema): string[] {
  const changed = (keyword: keyof Schema) =>
    `${keyword} is ${textOf(head[keyword])}, was ${textOf(base[keyword])}`;
  const lower = LOWER_BOUNDS.filter((keyword) => {
    const [was = -Infinity, is = -Infinity] = [base[keyword], head[keyword]];
    return is > was;
  });
  const upper = UPPER_BOUNDS.filter((keyword) => {
    const [was = Infinity, is = Infinity] = [base[keyword], head[keyword]];
    return is < was;
  });
  const others = OTHERS.filter((keyword) => {
    const is = head[keyword];
    return is !== undefined && is !== false && textOf(is) !== textOf(base[keyword]);
  });
  return [
    ...[...lower, ...upper, ...others].map(changed),
    ...lostValues(base, head),
    ...addedTexts(base, head),
    ...closed(base, head),
  ];
}

function lostValues(base: Schema, head: Schema): string[] {
  if (head.enum === undefined) return [];
  if (base.enum === undefined) return [`only ${head.enum.map(textOf).join(", ")} are allowed`];
  const lost = base.enum.filter((value) => !head.enum?.includes(value));
  return lost.map((value) => `${textOf(value)} is not allowed any more`);
}

function addedTexts(base: Schema, head: Schema): string[] {
  const known = new Set(base["x-geomesh-rules"] ?? []);
  const added = (head["x-geomesh-rules"] ?? []).filter((text) => !known.has(text));
  return added.map((text) => `rule \`${text}\` is new`);
}

/** An object that no longer allows unknown keys. */
function closed(base: Schema, head: Schema): string[] {
  const isClosed = head.additionalProperties === false && base.additionalProperties !== false;
  return isClosed ? ["other keys are not allowed any more"] : [];
}

function textOf(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
