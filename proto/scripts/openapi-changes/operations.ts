import type {
  Content,
  Document,
  Operation,
  Parameter,
  Response,
  Schema,
} from "../openapi/types.ts";
import { schemaChanges, typeName } from "./schemas.ts";

/** An operation with its document, which holds what it refers to. */
export interface Located {
  /** Such as `GET /v1/accounts`. */
  readonly name: string;
  readonly operation: Operation;
  readonly document: Document;
}

/** Every operation of a document. */
export function operationsIn(document: Document): Located[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]) => {
      return { name: `${verb.toUpperCase()} ${path}`, operation, document };
    }),
  );
}

/** What breaks clients of one operation, a line each. */
export function operationChanges(base: Located, head: Located): string[] {
  const changes = [
    ...policyChanges(base.operation, head.operation),
    ...parameterChanges(base, head),
    ...bodyChanges(base.operation, head.operation),
    ...responseChanges(base, head),
  ];
  return changes.map((text) => `${base.name}: ${text}`);
}

function policyChanges(base: Operation, head: Operation): string[] {
  const changes: string[] = [];
  const [was, is] = [base["x-geomesh-scope"], head["x-geomesh-scope"]];
  if (was !== is) changes.push(`the scope is ${is}, was ${was}`);
  if (head["x-geomesh-metered"] && !base["x-geomesh-metered"]) changes.push("it is metered now");
  const [field = "none", before = "none"] = [
    head["x-geomesh-account-field"],
    base["x-geomesh-account-field"],
  ];
  if (field !== before) changes.push(`the account field is ${field}, was ${before}`);
  return changes;
}

/** A parameter that is gone is refused as an unknown one. */
function parameterChanges(base: Located, head: Located): string[] {
  const [was, is] = [parametersOf(base), parametersOf(head)];
  const changed = [...was].flatMap(([name, parameter]) => {
    const now = is.get(name);
    if (now === undefined) return [`${name}: removed`];
    const required = now.required === true && parameter.required !== true;
    return [
      ...(required ? [`${name}: required now`] : []),
      ...schemaChanges(parameter.schema, now.schema, name, "sent"),
    ];
  });
  const added = [...is].filter(([name, { required }]) => required === true && !was.has(name));
  return [...changed, ...added.map(([name]) => `${name}: new and required`)];
}

/** By names such as `query parameter page_size`. */
function parametersOf({ operation, document }: Located): ReadonlyMap<string, Parameter> {
  const resolved = (operation.parameters ?? []).map((parameter) =>
    "$ref" in parameter
      ? resolve<Parameter>(document.components.parameters, parameter.$ref)
      : parameter,
  );
  return new Map(resolved.map((each) => [`${each.in} parameter ${each.name}`, each]));
}

function bodyChanges({ requestBody: was }: Operation, { requestBody: is }: Operation): string[] {
  if (was === undefined) return is?.required ? ["body: new and required"] : [];
  if (is === undefined) return ["body: removed"];
  return [
    ...(is.required && !was.required ? ["body: required now"] : []),
    ...contentChanges([was.content, is.content], "request", (base, head) =>
      schemaChanges(base, head, "body", "sent"),
    ),
  ];
}

/** Successes alone: every call has the same errors, whose schema is a component. */
function responseChanges(base: Located, head: Located): string[] {
  const [[wasStatus, was], [isStatus, is]] = [successOf(base), successOf(head)];
  const lostHeaders = Object.keys(was.headers ?? {}).filter(
    (name) => !(name in (is.headers ?? {})),
  );
  return [
    ...(wasStatus === isStatus ? [] : [`the status is ${isStatus}, was ${wasStatus}`]),
    ...lostHeaders.map((name) => `response header ${name}: removed`),
    ...contentChanges([was.content ?? {}, is.content ?? {}], "response", (before, now) => {
      const [wasType, isType] = [typeName(before), typeName(now)];
      return wasType === isType
        ? schemaChanges(before, now, "response", "received")
        : [`the response is ${isType}, was ${wasType}`];
    }),
  ];
}

function successOf({ operation, document }: Located): [status: string, Response] {
  const [status, response] =
    Object.entries(operation.responses).find(([each]) => each.startsWith("2")) ?? [];
  if (status === undefined || response === undefined) return ["none", { description: "" }];
  return "$ref" in response
    ? [status, resolve<Response>(document.components.responses, response.$ref)]
    : [status, response];
}

function contentChanges(
  [base, head]: readonly [base: Content, head: Content],
  what: string,
  compare: (base: Schema, head: Schema) => string[],
): string[] {
  const changes = Object.entries(base).flatMap(([type, { schema }]) => {
    const now = head[type];
    return now === undefined ? [`${what} type ${type}: removed`] : compare(schema, now.schema);
  });
  // Of one value in several forms.
  return [...new Set(changes)];
}

function resolve<Entry>(entries: Readonly<Record<string, Entry>>, ref: string): Entry {
  const entry = entries[ref.slice(ref.lastIndexOf("/") + 1)];
  if (entry === undefined) throw new Error(`the document has nothing at ${ref}`);
  return entry;
}
