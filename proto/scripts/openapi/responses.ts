import type { DescField, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { commentOf } from "./comments.ts";
import { ContractError } from "./contract-error.ts";
import { fieldSchema, type SchemaDeps } from "./field-schema.ts";
import { headerReferences, LIMIT_HEADERS } from "./headers.ts";
import { errorReferences } from "./problem.ts";
import type { Reference, Response, Schema } from "./types.ts";

/** What a call answers, by status: its success and its errors. Errors: ContractError for an unknown `response_body`. */
export function responses(
  method: DescMethod,
  verb: string,
  responseBody: string,
  deps: SchemaDeps,
): Record<string, Response | Reference> {
  const [status, success] = successOf(method, verb, rootOf(method.output, responseBody), deps);
  return { [status]: success, ...errorReferences() };
}

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
  const message = root.kind === "message" ? root : root.message;
  if (verb === "delete" && root.kind === "message" && root.fields.length === 0) {
    return [204, { description, headers: headerReferences(...LIMIT_HEADERS) }];
  }
  const isCreated = method.name.startsWith("Create");
  const hasEtag = message?.fields.some(({ name }) => name === "etag") ?? false;
  const headers = headerReferences(
    ...LIMIT_HEADERS,
    ...(isCreated ? (["Location"] as const) : []),
    ...(hasEtag ? (["ETag"] as const) : []),
  );
  const content = { "application/json": { schema: schemaOf(root, deps) } };
  return [isCreated ? 201 : 200, { description, headers, content }];
}

function schemaOf(root: Root, deps: SchemaDeps): Schema {
  return root.kind === "message"
    ? deps.refer(root, "response")
    : fieldSchema(root, "response", deps);
}
