import { create, type DescMessage, type JsonValue, type Message } from "@bufbuild/protobuf";
import { type BindBody, createBodyBinder } from "./bind-body.ts";
import { type TextField, textFields } from "./bind-text.ts";
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
  /** As in `google.api.http`: empty for no body, `*` for the whole request, else the name of the message field that it sets. */
  readonly body: string;
  /** Fields that the path sets. */
  readonly variableNames: readonly string[];
  /** Query parameters that are read elsewhere, and so neither set a field nor are a mistake. */
  readonly reservedParameters: readonly string[];
}

/**
 * Compiles how path variables, query and body make up the request message. Fields go by their names in the contract or
 * in proto3 JSON. Errors: Error for a variable that is not a field, or is a list, and for a body that is not a message field.
 */
export function createBinder(input: DescMessage, rule: BindRule): BindRequest {
  const { body: bodyRule, variableNames, reservedParameters } = rule;
  const fields = textFields(input);
  for (const name of variableNames) {
    const field = fields.get(name);
    if (field === undefined || field.isList) {
      throw new Error(`{${name}} names no field of ${input.typeName} that a path can set`);
    }
  }
  const fromPath = new Set(variableNames);
  const reserved = new Set(reservedParameters);
  const bindBody = bodyBinder(input, bodyRule, fromPath);

  /** The field of a parameter. A rule that takes the whole body has no query parameters. */
  const parameterFor = (name: string): TextField | undefined => {
    const field = bodyRule === "*" ? undefined : fields.get(name);
    return field && (fromPath.has(field.name) || field.name === bodyRule) ? undefined : field;
  };

  function bindQuery(message: Message, query: string, problems: FieldProblems): void {
    const seen = new Set<TextField>();
    for (const [name, text] of parseQuery(query)) {
      if (reserved.has(name)) continue;
      const field = parameterFor(name);
      if (field === undefined) problems.add(name, "is not a query parameter of this call");
      else if (seen.has(field) && !field.isList) problems.add(name, "is given more than once");
      else field.assign(message, text, problems);
      if (field !== undefined) seen.add(field);
    }
  }

  return ({ variables, query, body }) => {
    const problems = new FieldProblems();
    const message = create(input);
    for (const name of variableNames) {
      fields.get(name)?.assign(message, variables[name] ?? "", problems);
    }
    if (query !== "") bindQuery(message, query, problems);
    if (body !== undefined) bindBody(message, body, problems);
    problems.throwIfAny();
    return message;
  };
}

/** Binds a body to the whole request, or to the one field that the rule names: then mistakes go by the names in that field. */
function bodyBinder(input: DescMessage, rule: string, fromPath: ReadonlySet<string>): BindBody {
  if (rule === "" || rule === "*") return createBodyBinder(input, fromPath);
  const field = input.fields.find(({ name }) => name === rule);
  if (field?.fieldKind !== "message" || field.oneof !== undefined) {
    throw new Error(`the body "${rule}" names no message field of ${input.typeName}`);
  }
  const { message: inner, localName } = field;
  const bind = createBodyBinder(inner, new Set());
  return (message, json, problems) => {
    const child = create(inner);
    (message as unknown as Record<string, unknown>)[localName] = child;
    bind(child, json, problems);
  };
}
