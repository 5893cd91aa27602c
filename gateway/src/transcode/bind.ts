import {
  create,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  type Registry,
} from "@bufbuild/protobuf";
import {
  type BindBody,
  type BodyOptions,
  createBodyBinder,
  createFieldBodyBinder,
} from "./bind-body.ts";
import { compileTextFields, type FindTextField, type TextField } from "./bind-text.ts";
import type { Elsewhere } from "./body-message.ts";
import { FieldProblems } from "./field-problems.ts";
import { parseQuery } from "./query.ts";
import type { Variables } from "./router.ts";

/** The parts of a request that make up its message. */
export interface RequestParts {
  readonly variables: Variables;
  /** Without `?`; empty where there is none. */
  readonly query: string;
  /** Undefined where the rule takes no body. */
  readonly body: JsonValue | undefined;
}

/** Makes the request message of an RPC. Errors: TranscodeError with every mistake, such as an unknown parameter. */
export type BindRequest = (parts: RequestParts) => Message;

/** Which parts of a request set which fields. */
export interface BindRule {
  /** As in `google.api.http`: empty for no body, `*` for the whole request, else the name of the field that it sets. */
  readonly body: string;
  /** Fields that the path sets, with dots where they are in other messages. */
  readonly variableNames: readonly string[];
  /** Query parameters that are read elsewhere, and so neither set a field nor are a mistake. */
  readonly reservedParameters: readonly string[];
  /** The messages that a google.protobuf.Any in a body may hold. Default none. */
  readonly registry?: Registry | undefined;
  /** A field that each line of a stream sets, and so no query parameter does; by its name in the contract. Default none. */
  readonly bareField?: string | undefined;
}

const NO_PARAMETER = "is not a query parameter of this call";

/**
 * Compiles how path variables, query and body make up the request message. Fields go by their names in the contract or in proto3
 * JSON, and those of a message inside by both names with a dot between, such as `rate.burst`, up to 32 dots.
 *
 * Text of a path or query is what proto3 JSON has for the field, without quotes. An enum may be a name in any case or a number; a
 * list is a parameter that is repeated, or, of enums, several values between commas. A message is set by its fields, unless it is
 * one text or number in JSON, as Timestamp, Duration, FieldMask and the wrappers are. Maps, lists of other messages, Struct,
 * Value, ListValue, Any and Empty can be set by a body alone. A `+` in a query is a space, so base64 writes it as `%2B` or `-`.
 *
 * No field is set twice, and of a oneof one member alone, whatever part of the request sets it.
 *
 * Errors: Error for a variable that is no field that text can set, or is a list; for two variables that are one field, or members
 * of one oneof; and for a body that is no field, or one that the path sets.
 */
export function createBinder(input: DescMessage, rule: BindRule): BindRequest {
  const { body: bodyRule, variableNames, reservedParameters, registry, bareField } = rule;
  const find = compileTextFields(input);
  const variables = variableNames.map((name) => ({
    name,
    field: variableField(input, name, find),
  }));
  const fromPath = new Set(variables.map(({ field }) => field.name));
  refuseRivals(input, variables);
  const reserved = new Set(reservedParameters);
  const bindBody = createRuleBodyBinder(input, { body: bodyRule, fromPath, registry });

  /** The field of a parameter, or why there is none. A rule that takes the whole body has no query parameters. */
  function parameterFor(name: string): TextField | string {
    if (bodyRule === "*") return NO_PARAMETER;
    const field = find(name);
    if ("problem" in field) return field.problem ?? NO_PARAMETER;
    const isElsewhere =
      fromPath.has(field.name) ||
      field.name === bareField ||
      field.name === bodyRule ||
      (bodyRule !== "" && field.name.startsWith(`${bodyRule}.`));
    return isElsewhere ? NO_PARAMETER : field;
  }

  function bindQuery(message: Message, query: string, problems: FieldProblems): void {
    const seen = new Set<string>();
    for (const [name, text] of parseQuery(query)) {
      if (reserved.has(name)) continue;
      const field = parameterFor(name);
      if (typeof field === "string") problems.add(name, field);
      else {
        if (seen.has(field.name) && !field.isList) problems.add(name, "is given more than once");
        else field.assign(message, text, problems);
        seen.add(field.name);
      }
    }
  }

  return ({ variables: texts, query, body }) => {
    const problems = new FieldProblems();
    const message = create(input);
    for (const { name, field } of variables) field.assign(message, texts[name] ?? "", problems);
    if (query !== "") bindQuery(message, query, problems);
    if (body !== undefined) bindBody(message, body, problems);
    problems.throwIfAny();
    return message;
  };
}

interface PathVariable {
  readonly name: string;
  readonly field: TextField;
}

function variableField({ typeName }: DescMessage, name: string, find: FindTextField): TextField {
  const field = find(name);
  if ("problem" in field || field.isList) {
    throw new Error(`{${name}} names no field of ${typeName} that a path can set`);
  }
  return field;
}

/** Refuses variables that set one field twice, or two members of one oneof. */
function refuseRivals(input: DescMessage, variables: readonly PathVariable[]): void {
  const taken = new Map<string, string>();
  for (const { field } of variables) {
    for (const [place, member] of choicesOf(input, field.name)) {
      const other = taken.get(place);
      if (other === undefined) taken.set(place, member);
      else if (other !== member || member === field.name) {
        throw new Error(`{${other}} and {${member}} cannot both be set in ${input.typeName}`);
      }
    }
  }
}

/** The field and the oneofs on the way to it, each with the member that it chooses. */
function choicesOf(input: DescMessage, path: string): [place: string, member: string][] {
  const choices: [string, string][] = [];
  let desc: DescMessage | undefined = input;
  let prefix = "";
  for (const part of path.split(".")) {
    const field: DescField | undefined = desc?.fields.find(({ name }) => name === part);
    const member = `${prefix}${part}`;
    if (field?.oneof !== undefined) choices.push([`oneof ${prefix}${field.oneof.name}`, member]);
    desc = field?.message;
    prefix = `${member}.`;
  }
  return [...choices, [path, path]];
}

/** What a body sets. */
export interface BodyRule extends Pick<BindRule, "body">, BodyOptions {
  /** Fields that the path sets, and the body must not, by their names in the contract. */
  readonly fromPath: Elsewhere;
}

/**
 * Compiles how a body sets the whole request, or the one field that the rule names: then mistakes go by the names in that field.
 * Errors: Error where that is no field, or one that the path sets.
 */
export function createRuleBodyBinder(input: DescMessage, rule: BodyRule): BindBody {
  const { body, fromPath, ...options } = rule;
  if (body === "" || body === "*") return createBodyBinder(input, fromPath, options);
  const field = input.fields.find(({ name }) => name === body);
  if (field === undefined || fromPath.has(body)) {
    throw new Error(`the body "${body}" names no field of ${input.typeName}`);
  }
  return createFieldBodyBinder(field, fromPath, options);
}
