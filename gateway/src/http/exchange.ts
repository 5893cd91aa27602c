import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request and its response, of HTTP/1.1 or HTTP/2. */
export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;
export type Handle = (request: Request, response: Response) => void;

/** One request being answered. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly method: string;
  /** Starts with `/`; still percent-encoded. */
  readonly path: string;
  /** Without `?`; empty where there is none. */
  readonly query: string;
  readonly requestId: string;
  /** Canonical text. */
  readonly clientAddress: string;
}

/** Answers without a body, and so without its length. */
const BODILESS = new Set([204, 304]);

/**
 * Writes a whole answer. The body has one character a byte: Node sends such a string together with the headers in one
 * write and does not encode it, which no other body has. What the client did not stay for is lost in silence.
 */
export function reply(
  { method, response, requestId }: Exchange,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  if (response.headersSent) return;
  const list = ["x-request-id", requestId];
  if (!BODILESS.has(status)) list.push("content-length", `${body.length}`);
  for (const name in headers) list.push(name, headers[name] as string);
  // The responses of both protocols have these two in common, which their types do not say.
  const common = response as ServerResponse;
  common.writeHead(status, list);
  if (method === "HEAD") common.end();
  else common.end(body, "latin1");
}
