import http from "node:http";
import type { Clock } from "@geomesh/runtime/clock";
import type { Handle } from "./exchange.ts";
import { refuseRaw } from "./raw-refusal.ts";

const HEADER_BYTES_MAX = 16 * 1024;
const KEEP_ALIVE_MS = 65_000;

/** What the HTTP/1.1 server works with. */
export interface Http1Deps {
  readonly handle: Handle;
  /** For what is refused before it is a request. */
  readonly newRequestId: () => string;
  readonly clock: Clock;
}

/** Limits of the HTTP/1.1 server. */
export interface Http1Options {
  /** Longest wait for the headers of a request, in milliseconds. */
  readonly headersMsMax: number;
  /** Longest wait for a whole request, in milliseconds. */
  readonly requestMsMax: number;
}

/**
 * Creates an HTTP/1.1 server that is given its connections. Headers may take 16 KiB, and an idle connection stays for
 * 65 s. A malformed request is answered by a problem as well.
 */
export function createHttp1Server(deps: Http1Deps, options: Http1Options): http.Server {
  const { handle, newRequestId, clock } = deps;
  const { headersMsMax, requestMsMax } = options;
  const server = http.createServer(
    {
      headersTimeout: headersMsMax,
      requestTimeout: requestMsMax,
      connectionsCheckingInterval: Math.min(1_000, headersMsMax),
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      // The handler refuses requests without Host, with a body that says why.
      requireHostHeader: false,
    },
    handle,
  );
  server.on("clientError", (error, socket) => refuseRaw(error, socket, newRequestId(), clock));
  // An expectation may be ignored (RFC 9110, section 10.1.1); without this, Node answers 417 and no body.
  server.on("checkExpectation", handle);
  // Its timeouts start when it listens, and this server never does: it is given its connections.
  server.emit("listening");
  return server;
}
