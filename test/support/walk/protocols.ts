import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type Message,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { ask, type Reachable } from "../api.ts";
import { isUnary, type PublicRpc } from "./policy.ts";

/** One request; resolves with `ok`, or the gRPC status that it failed with in lower case. */
export type Send = (rpc: PublicRpc, request: JsonObject, key: string) => Promise<string>;

const TIMEOUT_MS = 10_000;
const BY_HTTP_STATUS = new Map([
  [200, "ok"],
  [201, "ok"],
  [204, "ok"],
  [400, "invalid_argument"],
  [401, "unauthenticated"],
  [403, "permission_denied"],
  [404, "not_found"],
  // A path without its account is another one.
  [405, "not_found"],
]);

/** By REST, as the http rule of the RPC says. */
export function sendByRest(mesh: Reachable): Send {
  return async ({ rule, method }, request, key) => {
    const rest = { ...request };
    const path = `${rule.pattern.value}`.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = `${rest[name]}`;
      delete rest[name];
      return encodeURIComponent(value);
    });
    const answer = await ask(mesh, path, {
      key,
      method: `${rule.pattern.case}`.toUpperCase(),
      // A body of one line.
      ...(!isUnary(method) && { headers: { "content-type": "application/x-ndjson" } }),
      ...(rule.body !== "" && { body: rule.body === "*" ? rest : rest[rule.body] }),
    });
    return BY_HTTP_STATUS.get(answer.status) ?? `HTTP ${answer.status}: ${answer.text}`;
  };
}

/** True where REST has a path for a request: a variable of a path takes one character at least. */
export function hasRestPath({ rule }: PublicRpc, request: JsonObject): boolean {
  const variables = `${rule.pattern.value}`.matchAll(/\{(\w+)\}/g);
  return Array.from(variables, ([, name = ""]) => request[name]).every((value) => value !== "");
}

/** By Connect over HTTP/1.1, but streams in both directions, which need HTTP/2. */
export function sendByConnect({ baseUrl }: Reachable): Send {
  const unary = sendBy(createConnectTransport({ baseUrl, httpVersion: "1.1" }));
  const streams = sendBy(createConnectTransport({ baseUrl, httpVersion: "2" }));
  return (rpc, request, key) => (isUnary(rpc.method) ? unary : streams)(rpc, request, key);
}

/** By gRPC. */
export function sendByGrpc({ baseUrl }: Reachable): Send {
  return sendBy(createGrpcTransport({ baseUrl }));
}

function sendBy(transport: Transport): Send {
  return ({ method }, request, key) => {
    const message = fromJson(method.input, request);
    return isUnary(method)
      ? call(transport, method, key, message)
      : stream(transport, method, key, message);
  };
}

/** Calls any RPC with an empty request, by Connect and by gRPC; resolves with what came of both. */
export async function callEmpty(
  { baseUrl }: Reachable,
  method: DescMethod,
  key: string,
): Promise<string[]> {
  const outcomes: string[] = [];
  for (const transport of transportsTo(baseUrl)) {
    const request = create(method.input);
    if (isUnary(method)) outcomes.push(await call(transport, method, key, request));
    else outcomes.push(await stream(transport, method as DescMethodStreaming, key, request));
  }
  return outcomes;
}

function transportsTo(baseUrl: string): Transport[] {
  return [
    createConnectTransport({ baseUrl, httpVersion: "1.1" }),
    createGrpcTransport({ baseUrl }),
  ];
}

function call(
  transport: Transport,
  method: DescMethodUnary,
  key: string,
  request: Message,
): Promise<string> {
  return outcomeOf(() =>
    transport.unary(method, undefined, TIMEOUT_MS, credentialOf(key), request),
  );
}

function stream(
  transport: Transport,
  method: DescMethodStreaming,
  key: string,
  request: Message,
): Promise<string> {
  const requests = (async function* () {
    yield request;
  })();
  return outcomeOf(async () => {
    const { message } = await transport.stream(
      method,
      undefined,
      TIMEOUT_MS,
      credentialOf(key),
      requests,
    );
    for await (const _answer of message);
  });
}

function credentialOf(key: string): Record<string, string> {
  return key === "" ? {} : { authorization: `Bearer ${key}` };
}

async function outcomeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return "ok";
  } catch (error) {
    return snakeCase(Code[ConnectError.from(error).code]);
  }
}

/** `PermissionDenied` as `permission_denied`. */
function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
