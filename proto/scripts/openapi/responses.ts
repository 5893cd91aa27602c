import type { DescField, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { commentOf } from "./comments.ts";
import { ContractError } from "./contract-error.ts";
import { csvExamples, responseExamples } from "./examples.ts";
import { fieldSchema, type SchemaDeps } from "./field-schema.ts";
import {
  hasLanguage,
  isRevalidated,
  takesIdempotencyKey,
  takesIfMatch,
} from "./header-parameters.ts";
import { type HEADERS, headerReferences, LIMIT_HEADERS } from "./headers.ts";
import { errorReferences, type OwnError } from "./problem.ts";
import { streamedContent } from "./streams.ts";
import type { Content, Reference, Response, Schema } from "./types.ts";

const HTTP_BODY = "google.api.HttpBody";
const ANY_TYPE = "*/*";
const TEXT: Schema = { type: "string" };
const CSV: Schema = {
  ...TEXT,
  description:
    "RFC 4180, to those who ask for it by `Accept`. The first line names the columns: the values of an entry that are " +
    "selected, such as `timezone.name`, then `error.code` and `error.message`. A line follows for each entry. What is unknown " +
    "is empty; maps and lists are JSON. Text that a spreadsheet would take for a formula has an apostrophe before it.",
};
const CSV_OF_LIST: Schema = {
  ...TEXT,
  description:
    "RFC 4180, to those who ask for it by `Accept`. The first line names the columns, and a line follows for each entry. Text " +
    "that a spreadsheet would take for a formula has an apostrophe before it. The header `Next-Page-Token` has the " +
    "`next_page_token`.",
};
const NOT_MODIFIED = "NotModified";

/** The part of a rule that answers follow. */
export interface ResponseRule {
  readonly verb: string;
  /** Empty for the whole response message, else the name of a field. */
  readonly responseBody: string;
}

/** What a call answers, by status: its success and its errors. Errors: ContractError for an unknown `response_body`. */
export function responses(
  method: DescMethod,
  { verb, responseBody }: ResponseRule,
  deps: SchemaDeps,
): Record<string, Response | Reference> {
  const root = rootOf(method.output, responseBody);
  const [status, success] = successOf(method, verb, root, deps);
  const notModified = isRevalidated(method, verb, deps.options)
    ? { 304: { $ref: `#/components/responses/${NOT_MODIFIED}` } }
    : {};
  return {
    [status]: success,
    ...notModified,
    ...errorReferences(ownErrors(method, deps)),
  };
}

function ownErrors(method: DescMethod, { options }: SchemaDeps): OwnError[] {
  const own: OwnError[] = [];
  if (takesIfMatch(method)) own.push(412);
  if (takesIdempotencyKey(method, options)) own.push(422);
  return own;
}

/** The responses that `responses` refers to beside errors. */
export const SHARED_RESPONSES: Readonly<Record<string, Response>> = {
  [NOT_MODIFIED]: {
    description: "The caller has this answer. It costs nothing.",
    headers: headerReferences(...LIMIT_HEADERS, "Content-Language", "Vary", "WeakETag"),
  },
};

/** The whole response message, or the field of it that is the body. */
type Root = DescMessage | DescField;

function rootOf(output: DescMessage, responseBody: string): Root {
  if (responseBody === "") return output;
  const field = output.fields.find(({ name }) => name === responseBody);
  if (field !== undefined) return field;
  throw new ContractError(`${output.typeName} has no field ${responseBody}`);
}

/** 201 with the new resource's path for RPCs named Create…; 204 for a DELETE with an empty response. */
function successOf(
  method: DescMethod,
  verb: string,
  root: Root,
  deps: SchemaDeps,
): [status: number, Response] {
  const description = commentOf(root) ?? "Success.";
  if (verb === "delete" && root.kind === "message" && root.fields.length === 0) {
    return [204, { description, headers: headerReferences(...LIMIT_HEADERS) }];
  }
  const headers = headerReferences(...headersOf(method, verb, root, deps));
  const status = isCreated(method) ? 201 : 200;
  return [status, { description, headers, content: contentOf(method, root, deps) }];
}

const isCreated = ({ name }: DescMethod): boolean => name.startsWith("Create");
const messageOf = (root: Root) => (root.kind === "message" ? root : root.message);

function headersOf(
  method: DescMethod,
  verb: string,
  root: Root,
  { options }: SchemaDeps,
): (keyof typeof HEADERS)[] {
  const access = options.access(method);
  const isCsvList = access?.csv === true && access.metering === undefined;
  const hasEtag = messageOf(root)?.fields.some(({ name }) => name === "etag") ?? false;
  return [
    ...LIMIT_HEADERS,
    "Vary",
    ...(isCreated(method) ? (["Location"] as const) : []),
    ...(isCsvList ? (["Next-Page-Token"] as const) : []),
    ...(hasEtag ? (["ETag"] as const) : []),
    ...(isRevalidated(method, verb, options) ? (["WeakETag"] as const) : []),
    ...(hasLanguage(method) ? (["Content-Language"] as const) : []),
  ];
}

function contentOf(method: DescMethod, root: Root, deps: SchemaDeps): Content {
  const examples = responseExamples(method);
  if (method.methodKind !== "unary") return streamedContent(schemaOf(root, deps), examples);
  const access = deps.options.access(method);
  const csv = access?.metering === undefined ? CSV_OF_LIST : CSV;
  if (messageOf(root)?.typeName === HTTP_BODY) {
    return { [access?.media_type || ANY_TYPE]: { schema: TEXT, ...examples } };
  }
  return {
    "application/json": { schema: schemaOf(root, deps), ...examples },
    ...(access?.csv === true && { "text/csv": { schema: csv, ...csvExamples(method) } }),
  };
}

function schemaOf(root: Root, deps: SchemaDeps): Schema {
  return root.kind === "message"
    ? deps.refer(root, "response")
    : fieldSchema(root, "response", deps);
}
