import { LANGUAGES } from "@geomesh/terms/languages";
import { NAME_FIELDS, type NameField } from "../layers/place.ts";
import {
  type FieldRule,
  type FieldRules,
  GROUP_RULES,
  NAME_RULE,
  PLACE_RULES,
} from "./field-rules.ts";
import type { Names, Override } from "./override.ts";

type Group = keyof typeof GROUP_RULES;

/** Where the members of an override go. */
interface Draft {
  readonly place: Record<string, unknown>;
  readonly names: Partial<Record<NameField, Names>>;
  readonly connection: Record<string, unknown>;
  readonly security: Record<string, unknown>;
}

/**
 * Makes an override of members of the location object; returns what is wrong if one of them is invalid. `null` is unknown, for
 * an object all its members. A name is a text, or an object with a text for each language.
 */
export function readFields(members: Readonly<Record<string, unknown>>): Override | string {
  const draft: Draft = { place: {}, names: {}, connection: {}, security: {} };
  for (const [key, value] of Object.entries(members)) {
    const problem = readMember(draft, key, value);
    if (problem !== undefined) return problem;
  }
  return draft;
}

function readMember(draft: Draft, key: string, value: unknown): string | undefined {
  if (isGroup(key)) {
    const target = key === "timezone" ? draft.place : draft[key];
    return readGroup(target, key, value);
  }
  if (isNameField(key) && isObject(value)) return readNames(draft, key, value);
  const rule = Object.hasOwn(PLACE_RULES, key) ? PLACE_RULES[key] : undefined;
  return rule === undefined ? notYours(key) : readInto(draft.place, rule, key, value);
}

function readGroup(target: Draft["place"], key: Group, value: unknown): string | undefined {
  const rules: FieldRules = GROUP_RULES[key];
  if (value === null) {
    for (const { field } of Object.values(rules)) target[field] = undefined;
    return undefined;
  }
  if (!isObject(value)) return invalid(key, value, "an object or null");
  for (const [name, inner] of Object.entries(value)) {
    const path = `${key}.${name}`;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const problem = rule === undefined ? notYours(path) : readInto(target, rule, path, inner);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function readNames(draft: Draft, key: NameField, value: object): string | undefined {
  for (const [language, name] of Object.entries(value)) {
    const path = `${key}.${language}`;
    if (!LANGUAGES.some((known) => known === language)) {
      return `has a field ${path}, but the languages are ${LANGUAGES.join(", ")}`;
    }
    if (NAME_RULE.read(name) === undefined) return invalid(path, name, NAME_RULE.rule);
  }
  if (!Object.hasOwn(value, "en")) return `has a ${key} without a name in the language en`;
  draft.names[key] = value as Names;
  return undefined;
}

function readInto(
  target: Draft["place"],
  { field, rule, read }: FieldRule,
  path: string,
  value: unknown,
): string | undefined {
  const accepted = value === null ? undefined : read(value);
  if (value !== null && accepted === undefined) return invalid(path, value, rule);
  target[field] = accepted;
  return undefined;
}

function invalid(path: string, value: unknown, rule: string): string {
  const kind = Array.isArray(value) ? "a list" : "this";
  return `has an invalid ${path}: it must be ${rule}, not ${kind}`;
}

function notYours(path: string): string {
  return `has a field ${path}, which cannot be overridden`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isGroup(key: string): key is Group {
  return Object.hasOwn(GROUP_RULES, key);
}

function isNameField(key: string): key is NameField {
  return NAME_FIELDS.some((field) => field === key);
}
