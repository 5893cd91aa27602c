import http from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "@geomesh/runtime/clock";
import type { AppError } from "@geomesh/runtime/errors";
import type { Handle, Headers } from "./exchange.ts";
import { Http1Connection } from "./http1-connection.ts";
import { isTimeout, malformedRequest, rawAnswer } from "./raw-refusal.ts";
import { TUNNEL_HEADERS, tunnelRefused } from "./tunnel.ts";

const HEADER_BYTES_MAX = 16 * 1024;
const KEEP_ALIVE_MS = 65_000;

/** What the HTTP/1.1 server works with. */
export interface Http1Deps {
  readonly handle: Handle;
  /** For what is refused before it is a request. */
  readonly newRequestId: () => string;
  /** Hears of each answer to what did not become a request. */
  readonly onRefused?: (error: AppError, requestId: string) => void;
  readonly clock: Clock;
}

/** Limits of the HTTP/1.1 server. */
export interface Http1Options {
  /** Longest wait for the headers of a request, in milliseconds. */
  readonly headersMsMax: number;
  /** Longest wait for a whole request whose body is no stream, in milliseconds. */
  readonly requestMsMax: number;
}

/**
 * Creates an HTTP/1.1 server that is given its connections. Headers may take 16 KiB, and an idle connection stays for
 * 65 s. A malformed request is answered by a problem as well.
 */
export function createHttp1Server(deps: Http1Deps, options: Http1Options): http.Server {
  const { handle, newRequestId, onRefused, clock } = deps;
  const { headersMsMax, requestMsMax } = options;
  const connections = new WeakMap<Duplex, Http1Connection>();

  const serve: http.RequestListener = (request, response) => {
    if (connections.get(request.socket)?.begin(response) === false) return;
    handle(request, response);
  };
  const refuse = (socket: Duplex, error: AppError, headers?: Headers) =>
    connections.get(socket)?.refuse(() => {
      const requestId = newRequestId();
      onRefused?.(error, requestId);
      return rawAnswer(error, requestId, clock, headers);
    });

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
    serve,
  );
  server.on("connection", (socket: Socket) => {
    connections.set(socket, new Http1Connection(socket));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET") socket.destroy();
    // Node says it once for each request, and goes on reading where nobody ends the connection.
    else if (isTimeout(error) && connections.get(socket)?.isInStream) return;
    else refuse(socket, malformedRequest(error));
  });
  server.on("connect", (_request, socket) => refuse(socket, tunnelRefused(), TUNNEL_HEADERS));
  server.on("checkContinue", (request, response) => {
    response.writeContinue();
    sendHeadersAlone(response);
    serve(request, response);
  });
  // An expectation may be ignored (RFC 9110, section 10.1.1); without this, Node answers 417 and no body.
  server.on("checkExpectation", serve);
  // Its timeouts start when it listens, and this server never does: it is given its connections.
  server.emit("listening");
  return server;
}

/**
 * Makes the headers of an answer go by themselves. Node would put headers that go together with a body of bytes before all
 * that waits to be sent of the answer: of a pipelined request, before its 100, which then is read as part of the body.
 */
function sendHeadersAlone(response: http.ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => unknown;
  response.writeHead = (...args: unknown[]) => {
    writeHead(...args);
    response.flushHeaders();
    return response;
  };
}
