import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { asBuffer } from "@geomesh/runtime/as-buffer";
import type { Reason } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { RequestMeter } from "../telemetry/request-meters.ts";
import type { Trace } from "./trace-context.ts";

/** A request of HTTP/1.1 or HTTP/2. */
export type Request = IncomingMessage | Http2ServerRequest;
/** The response of HTTP/1.1 or HTTP/2. */
export type Response = ServerResponse | Http2ServerResponse;
/** Answers a request, now or later. */
export type Handle = (request: Request, response: Response) => void;

/** A request with what every front needs to know of it, and its response. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly method: string;
  /** Starts with `/`; still percent-encoded. */
  readonly path: string;
  /** Without `?`; empty where there is none. */
  readonly query: string;
  readonly requestId: string;
  /** In canonical text form. */
  readonly clientAddress: string;
  /** The trace that it is part of: its client's, or one that begins when it is first asked for. */
  readonly trace: Trace;
  /** Counts its answer; that of its operation once a front has found it. */
  meter: RequestMeter;
  /** Whose it is, once that is known. */
  principal: Principal | undefined;
  /** Why it is refused, once it is. */
  reason: Reason | undefined;
  /** Headers that its answer has, whichever front writes it. To be asked when the headers are written; undefined for none. */
  answerHeaders(): Headers | undefined;
  /** Notes that an answer has begun whose end may be far: its client must go on reading it. */
  began(): void;
  /** Notes the answer, with the bytes of its body. Only the first call counts. */
  answered(status: number, bytes: number): void;
}

/** Headers of an answer. */
export type Headers = Readonly<Record<string, string>>;

const NO_HEADERS: Headers = {};

/** Statuses whose answers have no body, and so no length. */
const BODILESS = new Set([204, 304]);

/** Bodies of so many bytes are sent as texts. Copying them costs less than the second write that bytes would take. */
const SHORT_BYTES_MAX = 1_024;

/**
 * Writes a whole answer, unless one has begun. A text has one character a byte: Node sends such a string together with
 * the headers in one write and does not encode it. Without a body, an answer to HEAD tells no length. A client that has gone
 * is ignored.
 */
export function reply(
  exchange: Exchange,
  status: number,
  headers: Headers,
  body: string | Uint8Array | undefined,
  moreHeaders: Headers = NO_HEADERS,
): void {
  const { method, response, requestId } = exchange;
  if (response.headersSent) return;
  const list = ["x-request-id", requestId];
  const length = body?.length;
  if (length !== undefined && !BODILESS.has(status)) list.push("content-length", `${length}`);
  addOwn(list, exchange);
  for (const name in headers) list.push(name, headers[name] as string);
  for (const name in moreHeaders) list.push(name, moreHeaders[name] as string);
  // The responses of both protocols have these two methods, which their types do not say.
  const common = response as ServerResponse;
  common.writeHead(status, list);
  if (method === "HEAD" || body === undefined) common.end();
  else if (typeof body === "string") common.end(body, "latin1");
  else if (body.length > SHORT_BYTES_MAX) common.end(body);
  else common.end(asBuffer(body).toString("latin1"), "latin1");
  exchange.answered(status, method === "HEAD" ? 0 : (length ?? 0));
}

/** Writes the head of an answer whose length is not known, unless one has begun. */
export function writeHead(exchange: Exchange, status: number, headers: Headers): void {
  const { response, requestId } = exchange;
  if (response.headersSent) return;
  const list = ["x-request-id", requestId];
  addOwn(list, exchange);
  for (const name in headers) list.push(name, headers[name] as string);
  (response as ServerResponse).writeHead(status, list);
}

/** A name that comes twice, such as Vary, is a list in two lines. */
function addOwn(list: string[], exchange: Exchange): void {
  const own = exchange.answerHeaders();
  if (own !== undefined) for (const name in own) list.push(name, own[name] as string);
}

/** True where nobody waits for the answer any more: the client has closed its connection or reset its stream. */
export function isGone({ response }: Exchange): boolean {
  const { destroyed, stream } = response as {
    destroyed?: boolean;
    stream?: { destroyed: boolean };
  };
  return destroyed === true || stream?.destroyed === true;
}

/**
 * True where the client has reset its stream of HTTP/2. Node then ends the body and the answer as if they were whole, and says
 * so a turn of the event loop later.
 */
export function isReset(request: Request): boolean {
  return "stream" in request && request.stream.rstCode !== constants.NGHTTP2_NO_ERROR;
}
