import {
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import type { HttpRule } from "@geomesh/proto/es/google/api/http_pb";
import type { Operation } from "../../operations/operation.ts";
import { expandPath, type PathTemplate, parsePathTemplate } from "../../transcode/path-template.ts";

type MessageField = Extract<DescField, { fieldKind: "message" }>;
type Fields = Record<string, unknown>;

/** Reads headers from a serialized response. */
export type HeadersOf = (response: Uint8Array) => Readonly<Record<string, string>>;

const CREATE = "Create";
const ETAG = "etag";

/** True for an operation that makes a resource, by the name of its RPC. */
export function creates({ name }: Operation): boolean {
  return name.startsWith(CREATE);
}

/**
 * Compiles the headers that an operation's responses have beside those of every operation: `ETag`, quoted, where the body is
 * a resource with an `etag`; `Location` where the operation creates one: the path by which the RPC named Get… of the same
 * service reads it. Undefined where there are none. Errors: Error where a new resource has no such path.
 */
export function resourceHeaders(
  operation: Operation,
  { responseBody }: HttpRule,
  operations: readonly Operation[],
): HeadersOf | undefined {
  const { output } = operation.method;
  const readers: ((response: Message) => Record<string, string>)[] = [];
  const etagOf = etagReader(output, responseBody);
  if (etagOf !== undefined) readers.push((response) => etagHeader(etagOf(response)));
  if (creates(operation)) {
    const locationOf = locationReader(operation, operations);
    readers.push((response) => ({ location: locationOf(response) }));
  }
  if (readers.length === 0) return undefined;
  return (bytes) => {
    const response = fromBinary(output, bytes);
    return Object.assign({}, ...readers.map((read) => read(response)));
  };
}

function etagHeader(etag: unknown): Record<string, string> {
  return typeof etag === "string" && etag !== "" ? { etag: `"${etag}"` } : {};
}

/** Reads the `etag` of what a response has as its body. */
function etagReader(
  output: DescMessage,
  responseBody: string,
): ((response: Message) => unknown) | undefined {
  const field = responseBody === "" ? undefined : messageField(output, responseBody);
  const etag = (field?.message ?? output).fields.find(({ name }) => name === ETAG);
  if (etag?.scalar !== ScalarType.STRING) return undefined;
  return (response) => {
    const resource = field ? (response as unknown as Fields)[field.localName] : response;
    return (resource as Fields | undefined)?.[etag.localName];
  };
}

function messageField(output: DescMessage, name: string): MessageField | undefined {
  const field = output.fields.find((each) => each.name === name);
  return field?.fieldKind === "message" ? field : undefined;
}

/** Fills the path of the resource's Get… from the resource in the response. */
function locationReader(
  { name, method }: Operation,
  operations: readonly Operation[],
): (response: Message) => string {
  const resourceName = name.slice(CREATE.length);
  const template = templateOfGet(resourceName, method, operations);
  const field = method.output.fields.find(
    (each): each is MessageField =>
      each.fieldKind === "message" && each.message.name === resourceName,
  );
  if (template === undefined || field === undefined) {
    throw new Error(`${name} answers with a Location, but no Get${resourceName} states a path`);
  }
  const localNames = new Map(field.message.fields.map((each) => [each.name, each.localName]));
  const valueFor = (resource: Fields | undefined, variable: string) =>
    String(resource?.[localNames.get(variable) ?? ""] ?? "");
  // A path with a variable that the resource lacks must fail now, not at the first request.
  for (const { field: variable } of template.variables) {
    if (!localNames.has(variable)) throw new Error(`${field.message.typeName} has no ${variable}`);
  }
  return (response) => {
    const resource = (response as unknown as Fields)[field.localName] as Fields | undefined;
    return expandPath(template, (variable) => valueFor(resource, variable));
  };
}

function templateOfGet(
  resourceName: string,
  { parent }: DescMethodUnary,
  operations: readonly Operation[],
): PathTemplate | undefined {
  const get = operations.find(
    (each) => each.name === `Get${resourceName}` && each.method.parent === parent,
  );
  const pattern = get?.rules[0]?.pattern;
  return pattern?.case === "get" ? parsePathTemplate(pattern.value) : undefined;
}
