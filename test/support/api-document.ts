import { readFileSync } from "node:fs";
import { openApiFile } from "@geomesh/proto/openapi";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

/** An answer as it is compared with the document. */
export interface ComparedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Reference {
  readonly $ref?: string;
}

interface Response extends Reference {
  readonly headers?: Readonly<Record<string, Reference>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Response>>;
}

interface Schema {
  additionalProperties?: unknown;
  readonly properties?: unknown;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly headers: Readonly<Record<string, { readonly required?: boolean }>>;
  };
}

/** An operation, and where the document has it. */
interface Located {
  readonly method: string;
  readonly path: RegExp;
  readonly pointer: string;
  readonly operation: Operation;
}

const ROOT = "openapi";
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const INT64 = /^-?\d{1,19}$/;
/** Formats of values; those of numbers tell only what the JSON type does not, and bounds are keywords. */
const FORMATS = {
  "date-time": RFC_3339,
  int64: INT64,
  uint64: INT64,
  int32: true,
  uint32: true,
  double: true,
  "uri-reference": true,
} as const;

const DOCUMENT = JSON.parse(readFileSync(openApiFile(), "utf8")) as Document;
const OPERATIONS = locateAll();
const AJV = createValidator();

/** The ids of all operations of the document. */
export const OPERATION_IDS = OPERATIONS.map(({ operation }) => operation.operationId);

/** The operation that a request means by the document; undefined where it has none, such as for HEAD. */
export function operationId(method: string, target: string): string | undefined {
  return find(method, target)?.operation.operationId;
}

/**
 * How an answer differs from what the document says of the operation: another status, media type or shape, a key that is
 * not documented, a header that is missing. Empty where it does not, and for what is no operation of the document.
 */
export function documentProblems(method: string, target: string, answer: ComparedAnswer): string[] {
  const found = find(method, target);
  if (found === undefined) return [];
  const problems = responseProblems(found, answer);
  return problems.map((problem) => `${found.operation.operationId} ${answer.status}: ${problem}`);
}

function responseProblems({ operation, pointer }: Located, answer: ComparedAnswer): string[] {
  const { status, headers, text } = answer;
  const key = `${status}` in operation.responses ? `${status}` : "default";
  const { response, at } = resolve(operation.responses[key], `${pointer}/responses/${key}`);
  if (response === undefined || (key === "default" && status < 400)) return ["is not documented"];
  const missing = Object.entries(response.headers ?? {})
    .filter(([name, { $ref = "" }]) => isRequired($ref) && !headers.has(name))
    .map(([name]) => `lacks the header ${name}`);
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  if (response.content === undefined) return [...missing, ...(text === "" ? [] : ["has a body"])];
  if (!(type in response.content)) return [...missing, `is ${type}, which is not documented`];
  const validate = AJV.getSchema(`${ROOT}#${at}/content/${pointerStep(type)}/schema`);
  if (validate === undefined) throw new Error(`the document has no schema of ${type} at ${at}`);
  return [...missing, ...valuesIn(text, type).flatMap((value) => schemaProblems(validate, value))];
}

function schemaProblems(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The values that a body is made of: of a stream those of its lines or events. */
function valuesIn(text: string, type: string): unknown[] {
  if (type === "application/x-ndjson") return jsonOf(text.split("\n"));
  if (type === "text/event-stream") {
    const events = text.split("\n\n").filter((event) => event.startsWith("data: "));
    return jsonOf(events.map((event) => event.slice("data: ".length)));
  }
  return type.endsWith("json") ? [JSON.parse(text)] : [text];
}

const jsonOf = (texts: readonly string[]): unknown[] =>
  texts.filter((text) => text !== "").map((text) => JSON.parse(text));

function find(method: string, target: string): Located | undefined {
  const [path = ""] = target.split("?");
  return OPERATIONS.find((each) => each.method === method && each.path.test(path));
}

/** The longest template first, so that `{key_id}:revoke` comes before `{key_id}`. */
function locateAll(): Located[] {
  const paths = Object.entries(DOCUMENT.paths).sort(([a], [b]) => b.length - a.length);
  return paths.flatMap(([template, item]) => {
    const path = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return Object.entries(item).map(([verb, operation]) => {
      const pointer = `/paths/${pointerStep(template)}/${verb}`;
      return { method: verb.toUpperCase(), path, pointer, operation };
    });
  });
}

function resolve(response: Response | undefined, at: string) {
  const pointer = response?.$ref?.slice(1);
  if (pointer === undefined) return { response, at };
  const steps = pointer.slice(1).split("/");
  const value = steps.reduce<unknown>((part, step) => (part as never)?.[step], DOCUMENT);
  return { response: value as Response, at: pointer };
}

const isRequired = (ref: string) =>
  DOCUMENT.components.headers[ref.slice(ref.lastIndexOf("/") + 1)]?.required === true;

/** A step of a JSON pointer in a URI fragment (RFC 6901). */
function pointerStep(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}

/** Objects are closed: clients ignore keys that they do not know, but no answer may have one that is not documented. */
function createValidator(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    formats: FORMATS,
  });
  const closed = structuredClone(DOCUMENT);
  for (const schema of Object.values(closed.components.schemas)) {
    if (schema.properties !== undefined) schema.additionalProperties ??= false;
  }
  return ajv.addSchema(closed, ROOT);
}
