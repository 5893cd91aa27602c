import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import type { FieldProblems } from "./field-problems.ts";
import { childIn, type FieldSlot, rivalProblem, slotOf } from "./field-slot.ts";
import { valueTypeOf } from "./text-value.ts";
import type { ValueType } from "./value-type.ts";

/** A field that a path or query can set. */
export interface TextField {
  /** In the contract; with dots where it is in other messages. */
  readonly name: string;
  readonly isList: boolean;
  /** Sets the field, or adds to the list, to one of enums also several between commas; notes text that is not a value of its type. */
  readonly assign: (message: Message, text: string, problems: FieldProblems) => void;
}

/** Why a name is no field that text can set; completes a sentence that begins with the name. Undefined for an unknown name. */
export interface NoTextField {
  readonly problem: string | undefined;
}

/** Finds fields by their names in the contract or in proto3 JSON, with dots between a message and its field. */
export type FindTextField = (name: string) => TextField | NoTextField;

/** Deepest that a field may be in other messages. */
const DOTS_MAX = 32;
const UNKNOWN: NoTextField = { problem: undefined };

/** A field of a message, as a step on the way to another or as the last. */
interface Step {
  readonly field: DescField;
  readonly slot: FieldSlot;
  /** Sets it, where text can. */
  readonly leaf: AssignLeaf | undefined;
}

/** Sets a field of the message whose fields have a prefix, which is empty or ends in a dot; or says why it cannot. */
type AssignLeaf = (message: Message, text: string, prefix: string) => string | undefined;

type Steps = ReadonlyMap<string, Step>;

/** Compiles the finding of fields of a message and of all messages in it. */
export function compileTextFields(desc: DescMessage): FindTextField {
  const stepsOf = compileAllSteps(desc);
  const own = new Map<string, TextField | NoTextField>();
  for (const [name, step] of stepsOf.get(desc) ?? []) own.set(name, lastOf([], step));

  function findNested(name: string): TextField | NoTextField {
    const names = name.split(".", DOTS_MAX + 2);
    if (names.length > DOTS_MAX + 1) return { problem: "is nested too deeply" };
    const way: Step[] = [];
    let steps = stepsOf.get(desc);
    for (const part of names.slice(0, -1)) {
      const step: Step | undefined = steps?.get(part);
      if (step === undefined) return UNKNOWN;
      const inner = fieldsIn(step.field);
      if (inner === undefined) return outOfReach(step.field);
      way.push(step);
      steps = stepsOf.get(inner);
    }
    const last = steps?.get(names.at(-1) ?? "");
    return last === undefined ? UNKNOWN : lastOf(way, last);
  }

  return (name) => own.get(name) ?? (name.includes(".") ? findNested(name) : UNKNOWN);
}

/** The steps of a message and of those that it has as fields, itself perhaps. */
function compileAllSteps(desc: DescMessage): ReadonlyMap<DescMessage, Steps> {
  const compiled = new Map<DescMessage, Steps>();
  const all = new Set([desc]);
  // A set goes on to what is added meanwhile.
  for (const each of all) {
    compiled.set(each, compileSteps(each));
    for (const inner of each.fields.map(fieldsIn)) if (inner !== undefined) all.add(inner);
  }
  return compiled;
}

/** The message whose fields a name may go on to. */
function fieldsIn(field: DescField): DescMessage | undefined {
  const inner = field.fieldKind === "message" ? field.message : undefined;
  return inner === undefined || hasCustomJsonRepresentation(inner) ? undefined : inner;
}

function compileSteps(desc: DescMessage): Steps {
  const steps = new Map<string, Step>();
  for (const field of desc.fields) {
    const type = field.fieldKind === "map" ? undefined : valueTypeOf(field);
    const slot = slotOf(field);
    const step = { field, slot, leaf: type && leafOf(field, slot, type) };
    steps.set(field.name, step).set(field.jsonName, step);
  }
  return steps;
}

/** Why a name ends at a field. */
function outOfReach({ name, fieldKind, message }: DescField): NoTextField {
  if (fieldKind === "map") return { problem: `cannot be set by text: ${name} is a map` };
  return fieldKind === "list" && message !== undefined
    ? { problem: `cannot be set by text: ${name} is a list of messages` }
    : UNKNOWN;
}

/** The field at the end of a way. */
function lastOf(way: readonly Step[], { field, leaf }: Step): TextField | NoTextField {
  if (leaf === undefined) return { problem: noText(field) };
  const prefix = way.map((step) => `${step.field.name}.`).join("");
  const name = `${prefix}${field.name}`;
  return {
    name,
    isList: field.fieldKind === "list",
    assign(message, text, problems) {
      const inner = way.length === 0 ? message : descend(message, way);
      const problem = typeof inner === "string" ? inner : leaf(inner, text, prefix);
      if (problem !== undefined) problems.add(name, problem);
    },
  };
}

function noText(field: DescField): string {
  const first = fieldsIn(field)?.fields[0];
  return first === undefined
    ? "cannot be set by text, only by a body"
    : `cannot be set as a whole, only its fields can, such as ${field.name}.${first.name}`;
}

/** The message at the end of a way, made where it is not there yet; or why there is none. */
function descend(message: Message, way: readonly Step[]): Message | string {
  let inner = message;
  let prefix = "";
  for (const { field, slot } of way) {
    const rival = slot.rivalIn(inner);
    if (rival !== undefined) return rivalProblem(prefix, rival);
    inner = childIn(inner, slot, field.message as DescMessage);
    prefix += `${field.name}.`;
  }
  return inner;
}

function leafOf(field: DescField, slot: FieldSlot, { expected, readText }: ValueType): AssignLeaf {
  const problem = `must be ${expected}`;
  if (field.fieldKind === "list") {
    // Names of enums have no commas, so that a list of them may be written in one parameter.
    const split = (text: string) => (field.enum === undefined ? [text] : text.split(","));
    return (message, text) => {
      const list = slot.get(message) as unknown[];
      for (const part of split(text)) {
        const value = readText(part);
        if (value === undefined) return problem;
        list.push(value);
      }
      return undefined;
    };
  }
  return (message, text, prefix) => {
    const value = readText(text);
    if (value === undefined) return problem;
    const rival = field.oneof && slot.rivalIn(message);
    if (rival !== undefined) return rivalProblem(prefix, rival);
    slot.put(message, value);
    return undefined;
  };
}
