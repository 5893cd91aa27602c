import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { Duplex, Readable, Writable } from "node:stream";
import { AppError } from "@geomesh/runtime/errors";
import { canonicalAddress } from "@geomesh/terms/canonical-address";
import { onTestFinished } from "vitest";
import type { Principal } from "../../keys/key-table.ts";
import { locateAll } from "../../lookups/testing/fake-geo.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { pipelineForTest } from "../../rpc/testing/pipeline.ts";
import { startTestFronts, TEST_KEY, type TestFrontsOptions } from "./fronts.ts";

/** Where streams are posted. */
export const STREAM_PATH = "/v1/locations:stream";

/** How streams are served for a test. */
export interface StreamFrontsOptions extends Omit<TestFrontsOptions, "authenticate" | "policy"> {
  /** Whose the key is; by default everything is allowed. */
  readonly principal?: Principal;
  /** Units of every account in a month. */
  readonly quotaUnits?: number;
  /** Whether the fronts have the pipeline's clock, for deadlines of clients; default is the clock of the machine. */
  readonly sharesClock?: boolean;
}

/** The fronts over the whole pipeline, whose geo knows what is an address. */
export async function streamFronts(options: StreamFrontsOptions = {}) {
  const { principal = principalForTest(), quotaUnits, sharesClock = false, ...more } = options;
  const pipeline = await pipelineForTest(1, quotaUnits);
  const { geo, policy, lookups } = pipeline;
  geo.answerOf = (ipAddress, language) =>
    canonicalAddress(ipAddress) === undefined
      ? { result: { case: "error", value: { ipAddress, code: "invalid_argument", message: "" } } }
      : locateAll(ipAddress, language);
  if (quotaUnits === undefined) await pipeline.lease(principal);
  const fronts = await startTestFronts(undefined, {
    authenticate(credential) {
      if (credential === TEST_KEY) return principal;
      throw new AppError(credential === undefined ? "KEY_MISSING" : "KEY_INVALID");
    },
    ...{ policy, ...more, ...(sharesClock && { clock: pipeline.clock }) },
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= fronts.close();
    return closing;
  };
  onTestFinished(close);
  return {
    ...pipeline,
    ...fronts,
    close,
    /** Addresses that may be under way beside those that are. */
    hasRoom: (addresses: number) => lookups.room.problem(principal, addresses) === undefined,
  };
}

/** What a client sends with a stream. */
export interface StreamInit {
  /** With its `?`. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Empty for none; default is one that works. */
  readonly key?: string;
}

/** A stream as its client has it. */
export interface StreamTalk {
  /** Where lines are written. */
  readonly request: Writable;
  /** The head of the answer, and its body. */
  readonly answer: Promise<StreamAnswer>;
  /** Breaks the stream. */
  destroy(): void;
}

/** The answer to a stream. */
export interface StreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readable;
}

/** Begins a stream over a new connection. */
export type BeginStream = (port: number, init?: StreamInit) => StreamTalk;

const headersOf = ({ headers, key = TEST_KEY }: StreamInit) => ({
  ...{ "content-type": "application/x-ndjson", ...(key !== "" && { "x-api-key": key }) },
  ...headers,
});

const overHttp1: BeginStream = (port, init = {}) => {
  const { query = "" } = init;
  const request = http.request({
    ...{ port, host: "127.0.0.1", agent: false, method: "POST", path: STREAM_PATH + query },
    headers: headersOf(init),
  });
  request.flushHeaders();
  const destroy = () => void request.destroy();
  request.on("error", () => undefined);
  onTestFinished(destroy);
  return {
    ...{ request, destroy },
    answer: once(request, "response").then(([response]: http.IncomingMessage[]) => ({
      status: response?.statusCode ?? 0,
      headers: response?.headers ?? {},
      body: response as Readable,
    })),
  };
};

const overHttp2: BeginStream = (port, init = {}) => {
  const { query = "" } = init;
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  const path = STREAM_PATH + query;
  const stream = session.request({ ":method": "POST", ":path": path, ...headersOf(init) });
  stream.on("error", () => undefined);
  stream.once("close", () => session.close());
  const destroy = () => void session.destroy();
  onTestFinished(destroy);
  return {
    ...{ request: stream as Duplex, destroy },
    answer: once(stream, "response").then(([received]: http2.IncomingHttpHeaders[]) => ({
      status: Number(received?.[":status"]),
      headers: received ?? {},
      body: stream as Duplex,
    })),
  };
};

/** How a client may speak. */
export const STREAM_PROTOCOLS: readonly (readonly [name: string, begin: BeginStream])[] = [
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
];

/** The lines of an answer as they come, without their ends. */
export async function* linesOf(body: Readable): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Sends a whole body, and returns the answer with its lines. */
export async function converse(
  begin: BeginStream,
  port: number,
  body: string | Buffer | readonly Buffer[],
  init?: StreamInit,
): Promise<Omit<StreamAnswer, "body"> & { readonly lines: string[] }> {
  const { request, answer } = begin(port, init);
  if (typeof body === "string" || Buffer.isBuffer(body)) request.end(body);
  else {
    for (const piece of body) request.write(piece);
    request.end();
  }
  const { status, headers, body: answered } = await answer;
  return { status, headers, lines: await Array.fromAsync(linesOf(answered)) };
}

/** What a line of an answer is about: the address, with the code of its mistake; or the code of the problem at the end. */
export function said(line: string): string {
  const { location, error, problem } = JSON.parse(line);
  if (problem !== undefined) return `problem ${problem.code}`;
  return error === undefined ? location.ip_address : `${error.ip_address} ${error.code}`;
}
