import http from "node:http";
import type { Handle } from "./exchange.ts";
import { refuseRaw } from "./raw-refusal.ts";

const HEADER_BYTES_MAX = 16 * 1024;
const KEEP_ALIVE_MS = 65_000;

export interface Http1Limits {
  /** For the headers of a request. */
  readonly headersMsMax: number;
  /** For a whole request. */
  readonly requestMsMax: number;
}

/** An HTTP/1.1 server that is given its connections. What cannot be parsed is answered by a problem all the same. */
export function createHttp1Server(
  handle: Handle,
  newRequestId: () => string,
  { headersMsMax, requestMsMax }: Http1Limits,
): http.Server {
  const server = http.createServer(
    {
      headersTimeout: headersMsMax,
      requestTimeout: requestMsMax,
      connectionsCheckingInterval: Math.min(1_000, headersMsMax),
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      // The handler refuses such requests, with a body that says why.
      requireHostHeader: false,
    },
    handle,
  );
  server.on("clientError", (error, socket) => refuseRaw(error, socket, newRequestId()));
  // An expectation may be ignored (RFC 9110, section 10.1.1); without this, Node answers 417 and no body.
  server.on("checkExpectation", handle);
  // Its timeouts start when it listens, and this one never does by itself.
  server.emit("listening");
  return server;
}
