import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { type Exchange, type Headers, isGone } from "../../http/exchange.ts";

const CLIENT_GONE = 499;
const PROTOCOL_FIELDS = new Set(["content-type", "grpc-encoding", "grpc-accept-encoding"]);
const VARY = "vary";

/**
 * Sends an answer of a Connect handler, as fast as the client reads. Where it has trailers and no body, over HTTP/2 they
 * come in one frame with the headers, which gRPC calls Trailers-Only; not if the implementation has set headers, as clients
 * take all of that frame for trailers. A client that has gone is ignored.
 */
export async function sendResponse(
  exchange: Exchange,
  { status, header, body, trailer }: UniversalServerResponse,
): Promise<void> {
  const response = exchange.response as ServerResponse;
  // What has no usage, such as health, is noted here: the first note counts.
  response.once("close", () => exchange.answered(response.headersSent ? status : CLIENT_GONE, 0));
  const chunks = body?.[Symbol.asyncIterator]();
  let next = await chunks?.next();
  const headers = commonHeaders(exchange, plain(header));
  if (isGone(exchange)) {
    await chunks?.return?.();
    return;
  }
  if (trailer !== undefined && next?.done !== false && !hasOwnFields(header)) {
    sendTrailersOnly(exchange, status, { ...headers, ...plain(trailer) });
    return;
  }
  response.writeHead(status, headers);
  while (next?.done === false) {
    if (!response.write(next.value)) await drained(response);
    if (isGone(exchange)) {
      await chunks?.return?.();
      return;
    }
    next = await chunks?.next();
  }
  if (trailer !== undefined) response.addTrailers(plain(trailer));
  response.end();
}

/** Sends an answer whose headers are all that it has, also those that gRPC has in trailers. */
export function sendTrailersOnly({ response }: Exchange, status: number, headers: Headers): void {
  const { stream } = response as { stream?: ServerHttp2Stream };
  if (stream === undefined) {
    (response as ServerResponse).writeHead(status, { ...headers, "content-length": "0" }).end();
    return;
  }
  stream.respond({ ":status": status, ...headers }, { endStream: true });
}

/** Headers of an answer of this front with those of every one. Caches between would keep answers to GET for others. */
export function commonHeaders(
  exchange: Pick<Exchange, "requestId" | "answerHeaders">,
  headers: Headers,
): Headers {
  const own = exchange.answerHeaders();
  const common = { "x-request-id": exchange.requestId, "cache-control": "private" };
  if (own === undefined) return { ...common, ...headers };
  const vary = [own[VARY], headers[VARY]].filter((names) => names !== undefined).join(", ");
  return { ...common, ...own, ...headers, ...(vary !== "" && { [VARY]: vary }) };
}

function hasOwnFields(headers: globalThis.Headers | undefined): boolean {
  return [...(headers ?? [])].some(([name]) => !PROTOCOL_FIELDS.has(name));
}

const plain = (headers: globalThis.Headers | undefined): Headers =>
  Object.fromEntries(headers ?? []);

/** Waits until more can be written, or the client has gone. */
async function drained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  try {
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  } finally {
    done.abort();
  }
}
