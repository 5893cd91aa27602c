import type net from "node:net";
import type { Clock } from "@geomesh/runtime/clock";
import type { AppError } from "@geomesh/runtime/errors";
import {
  type ConnectionSource,
  type ListenOptions,
  listening,
  type TakeConnection,
} from "./connections.ts";
import type { Handle } from "./exchange.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { createHttp1Server } from "./http1-server.ts";
import { createHttp2Server } from "./http2-server.ts";
import { LastAnswers } from "./last-answers.ts";
import { OpenConnections } from "./open-connections.ts";
import { choseHttp2, createTlsDoor, type TlsMaterial } from "./tls-door.ts";
import type { Unsent } from "./unsent.ts";

const HANDSHAKES_MAX = 2_000;
const IDLE_SWEEP_MS = 50;
/** How long a connection that was taken before the end may still begin its first request. */
const BEGIN_MS_MAX = 500;

/** What the server of connections works with. */
export interface ConnectionServerDeps {
  readonly handle: Handle;
  /** For what is refused before it is a request. */
  readonly newRequestId: () => string;
  /** Hears of each answer to what did not become a request. */
  readonly onRefused?: (error: AppError, requestId: string) => void;
  readonly clock: Clock;
  /** Bounds what clients do not read. */
  readonly unsent: Unsent;
  /** Where connections come from; default is a listening socket of its own. */
  readonly connections?: ConnectionSource | undefined;
  /** With which connections by TLS are made; without one there are none. */
  readonly certificate?: { readonly material: TlsMaterial } | undefined;
}

/** Where the server listens, and its limits. */
export interface ConnectionServerOptions extends ListenOptions {
  /** Longest wait for the bytes that tell which protocol a connection speaks, in milliseconds; default 10,000. */
  readonly firstBytesMsMax?: number;
  /** Longest wait for a TLS handshake, in milliseconds; default 10,000. */
  readonly handshakeMsMax?: number;
  /** Most TLS handshakes under way; default 2,000. */
  readonly handshakesMax?: number;
  /** Longest wait for the headers of an HTTP/1.1 request, in milliseconds; default 10,000. */
  readonly headersMsMax?: number;
  /** Longest wait for a whole HTTP/1.1 request whose body is no stream, in milliseconds; default 30,000. */
  readonly requestMsMax?: number;
}

/** What a server of connections counts. */
export interface ConnectionCounts {
  /** Open. */
  readonly http1: number;
  readonly http2: number;
  /** Since the start. */
  readonly accepted: number;
  /** Because there were too many. */
  readonly refused: number;
  /** TLS handshakes that failed. */
  readonly failedHandshakes: number;
}

/** A running server of connections. */
export interface ConnectionServer {
  readonly port: number;
  /** The port for TLS; 0 where there is none. */
  readonly httpsPort: number;
  readonly counts: ConnectionCounts;
  /** Serves on, and makes clients go elsewhere with their next request: by `Connection: close`, and by GOAWAY. */
  leave(): void;
  /**
   * Leaves, stops accepting, lets requests under way end for `graceMs`, then cuts their connections. A connection that has sent
   * nothing yet may begin a request for half a second.
   */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves HTTP/1.1 and HTTP/2, up to 20,000 connections. On the port for cleartext their first bytes tell the protocol, on the one
 * for TLS what the client chose by ALPN. Errors: CANNOT_LISTEN.
 */
export async function startConnectionServer(
  deps: ConnectionServerDeps,
  options: ConnectionServerOptions,
): Promise<ConnectionServer> {
  const { firstBytesMsMax = 10_000, headersMsMax = 10_000, requestMsMax = 30_000 } = options;
  const { handshakeMsMax = 10_000, handshakesMax = HANDSHAKES_MAX, httpsPort } = options;
  const { certificate } = deps;
  const lastAnswers = new LastAnswers();
  let isLeaving = false;
  const handle: Handle = (request, response) => {
    if (isLeaving) lastAnswers.mark(response);
    deps.handle(request, response);
  };
  const h1 = createHttp1Server({ ...deps, handle }, { headersMsMax, requestMsMax });
  const h2 = createHttp2Server(handle, deps.unsent);
  const tls =
    certificate && createTlsDoor({ ...deps, certificate }, { handshakeMsMax, handshakesMax });
  const open = new OpenConnections();

  const serve = (socket: net.Socket, isHttp2: boolean) => {
    open.count(socket, isHttp2 ? "http2" : "http1");
    if (isHttp2) h2.accept(socket);
    else h1.emit("connection", socket);
  };
  const take: TakeConnection = (socket, door) => {
    if (!open.admit(socket)) return;
    if (door === "cleartext") {
      readFirstBytes(socket, firstBytesMsMax, (isHttp2) => {
        open.spoke(socket);
        serve(socket, isHttp2);
      });
    } else if (tls === undefined) socket.destroy();
    else {
      tls.take(socket, (secure) => {
        open.secured(socket, secure, firstBytesMsMax);
        serve(secure, choseHttp2(secure));
      });
    }
  };
  const where = { ...options, httpsPort: tls && httpsPort };
  const connections = await (deps.connections ?? listening(where))(take);

  const leave = () => {
    isLeaving = true;
    h2.leave();
  };
  return {
    port: connections.port,
    httpsPort: connections.httpsPort,
    counts: countsOf(open, () => tls?.failed ?? 0),
    leave,
    async close(graceMs) {
      leave();
      await connections.stop();
      h1.closeIdleConnections();
      const timers = [
        setInterval(() => h1.closeIdleConnections(), IDLE_SWEEP_MS),
        setTimeout(() => open.cutSilent(), Math.min(BEGIN_MS_MAX, graceMs)),
        setTimeout(() => open.cutAll(), graceMs),
      ];
      await open.emptied();
      for (const timer of timers) clearTimeout(timer);
      h1.close();
    },
  };
}

function countsOf(open: OpenConnections, failedHandshakes: () => number): ConnectionCounts {
  return {
    get http1() {
      return open.http1;
    },
    get http2() {
      return open.http2;
    },
    get accepted() {
      return open.accepted;
    },
    get refused() {
      return open.refused;
    },
    get failedHandshakes() {
      return failedHandshakes();
    },
  };
}
