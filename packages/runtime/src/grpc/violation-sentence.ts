import { type DescEnum, type DescField, getOption } from "@bufbuild/protobuf";
import {
  isReflectList,
  isReflectMessage,
  type ReflectMessage,
  reflect,
} from "@bufbuild/protobuf/reflect";
import type { Violation } from "@bufbuild/protovalidate";
import {
  FieldRulesSchema,
  field as fieldRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/**
 * What is wrong with a field, in plain English. Completes a sentence that begins with the field, such as "must have at most
 * 200 characters". A rule that has no sentence here gets the one of protovalidate if that reads alike, else "is invalid".
 */
export function violationSentence(violation: Violation): string {
  const { message, ruleId } = violation;
  if (ruleId === "required") return "is required";
  return sentenceOf(violation) ?? (/^must (?!.*\blist\b)/.test(message) ? message : "is invalid");
}

/** The broken rule: its name, such as `max_len`, and the rules that stand beside it. */
interface BrokenRule {
  readonly name: string;
  /** The type that the rules are for, such as `string`. */
  readonly family: string;
  readonly rules: ReflectMessage;
  /** The enum of the field or of its elements. */
  readonly enumeration: DescEnum | undefined;
  /** Whether one element of a list or map breaks it. */
  readonly isElement: boolean;
}

function sentenceOf(violation: Violation): string | undefined {
  const rule = brokenRule(violation);
  if (rule === undefined) return undefined;
  if (rule.family === "enum") return enumSentence(rule);
  if (rule.family === "repeated" || rule.family === "map") return entriesSentence(rule);
  if (rule.name === "in") return oneOf(listed(rule, "in"));
  if (rule.name === "not_in") return `must not be ${listed(rule, "not_in").join(" or ")}`;
  if (rule.family === "string" || rule.family === "bytes") return textSentence(rule);
  return rangeSentence(rule);
}

/** Undefined for a rule that is none of the standard rules of a field. */
function brokenRule({ field, rule, ruleId }: Violation): BrokenRule | undefined {
  const desc = field.findLast((part): part is DescField => part.kind === "field");
  if (desc === undefined) return undefined;
  let rules = reflect(FieldRulesSchema, getOption(desc, fieldRules));
  for (const part of rule.slice(0, -1)) {
    const inner = part.kind === "field" ? rules.get(part) : undefined;
    if (!isReflectMessage(inner)) return undefined;
    rules = inner;
  }
  const [family = "", name = ""] = ruleId.split(".");
  const isElement = field.at(-1) !== desc;
  const enumeration = desc.fieldKind === "map" ? undefined : desc.enum;
  return { name, family, rules, enumeration, isElement };
}

/** The value of a rule; undefined where it is not set. */
function settingOf({ rules }: BrokenRule, name: string): unknown {
  const desc = rules.fields.find((known) => known.name === name);
  return desc !== undefined && rules.isSet(desc) ? rules.get(desc) : undefined;
}

function enumSentence(rule: BrokenRule): string | undefined {
  const refused = listed(rule, "not_in");
  if (rule.name === "not_in" && refused.join() === "0" && !rule.isElement) return "is required";
  const allowed = listed(rule, "in");
  const values = rule.enumeration?.values ?? [];
  const names = values
    .filter(({ number }) => allowed.length === 0 || allowed.includes(`${number}`))
    .filter(({ number }) => !refused.includes(`${number}`))
    .map(({ name }) => name)
    .filter((name) => !name.endsWith("_UNSPECIFIED"));
  return names.length === 0 ? undefined : oneOf(names);
}

function entriesSentence(rule: BrokenRule): string | undefined {
  const limit = settingOf(rule, rule.name);
  const entries = () => counted(limit, "entry", "entries");
  switch (rule.name) {
    case "min_items":
    case "min_pairs":
      return limit === 1n ? "is required" : `must have at least ${entries()}`;
    case "max_items":
    case "max_pairs":
      return `must have at most ${entries()}`;
    case "unique":
      return "must not repeat an entry";
    default:
      return undefined;
  }
}

function textSentence(rule: BrokenRule): string | undefined {
  const limit = settingOf(rule, rule.name);
  const inBytes = rule.family === "bytes" || rule.name.endsWith("_bytes");
  const length = () => counted(limit, inBytes ? "byte" : "character");
  switch (rule.name) {
    case "min_len":
    case "min_bytes":
      if (limit !== 1n) return `must have at least ${length()}`;
      return rule.isElement ? "must not be empty" : "is required";
    case "max_len":
    case "max_bytes":
      return `must have at most ${length()}`;
    case "len":
    case "len_bytes":
      return `must have exactly ${length()}`;
    case "pattern":
      return `must have the form ${`${limit}`.replace(/^\^|\$$/g, "")}`;
    default:
      return undefined;
  }
}

const WHOLE = /^[su]?int(?:32|64)$|^s?fixed(?:32|64)$/;
const UNSIGNED = /^uint|^fixed/;

function rangeSentence(rule: BrokenRule): string | undefined {
  const isWhole = WHOLE.test(rule.family);
  // "Greater than" and "outside of" read well as protovalidate writes them.
  const isPlain = /^(?:gte|lte|gte_lte)$/.test(rule.name);
  if (!isPlain || !(isWhole || /^(?:float|double|duration)$/.test(rule.family))) return undefined;
  const kind = isWhole ? "whole number" : rule.family === "duration" ? "duration" : "number";
  const min = settingOf(rule, "gte") ?? (UNSIGNED.test(rule.family) ? 0 : undefined);
  const max = settingOf(rule, "lte");
  if (min === undefined) return `must be a ${kind} of at most ${shown(max)}`;
  if (max === undefined) return `must be a ${kind} of at least ${shown(min)}`;
  return `must be a ${kind} from ${shown(min)} to ${shown(max)}`;
}

/** The values of a rule that is a list, as texts. An empty text stands for an unset field, and is left out. */
function listed(rule: BrokenRule, name: string): string[] {
  const list = settingOf(rule, name);
  return isReflectList(list) ? [...list].map(String).filter((text) => text !== "") : [];
}

function oneOf(choices: readonly string[]): string {
  return choices.length === 1 ? `must be ${choices[0]}` : `must be one of ${choices.join(", ")}`;
}

function counted(count: unknown, one: string, many = `${one}s`): string {
  return `${shown(count)} ${count === 1n ? one : many}`;
}

/** A number with its thousands grouped; a duration as JSON has it, such as `60s`. */
function shown(value: unknown): string {
  if (!isReflectMessage(value)) return (value as number | bigint).toLocaleString("en-US");
  const { seconds, nanos } = value.message as unknown as { seconds: bigint; nanos: number };
  return `${Number(seconds) + nanos / 1e9}s`;
}
