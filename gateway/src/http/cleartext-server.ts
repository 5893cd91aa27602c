import type net from "node:net";
import type { Clock } from "@geomesh/runtime/clock";
import type { AppError } from "@geomesh/runtime/errors";
import { type ConnectionSource, type ListenOptions, listening } from "./connections.ts";
import type { Handle } from "./exchange.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { createHttp1Server } from "./http1-server.ts";
import { createHttp2Server } from "./http2-server.ts";
import { LastAnswers } from "./last-answers.ts";
import type { Unsent } from "./unsent.ts";

const CONNECTIONS_MAX = 20_000;
const IDLE_SWEEP_MS = 50;
/** How long a connection that was taken before the end may still begin its first request. */
const BEGIN_MS_MAX = 500;

/** What the server of connections works with. */
export interface CleartextDeps {
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
}

/** Where the server listens, and its limits. */
export interface CleartextOptions extends ListenOptions {
  /** Longest wait for the bytes that tell which protocol a connection speaks, in milliseconds; default 10,000. */
  readonly firstBytesMsMax?: number;
  /** Longest wait for the headers of an HTTP/1.1 request, in milliseconds; default 10,000. */
  readonly headersMsMax?: number;
  /** Longest wait for a whole HTTP/1.1 request, in milliseconds; default 30,000. */
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
}

/** A running server of connections. */
export interface CleartextServer {
  readonly port: number;
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
 * Serves HTTP/1.1 and cleartext HTTP/2 with prior knowledge on one port, up to 20,000 connections. TLS would settle the
 * protocol by ALPN; without it the first bytes tell. Errors: CANNOT_LISTEN.
 */
export async function startCleartextServer(
  deps: CleartextDeps,
  options: CleartextOptions,
): Promise<CleartextServer> {
  const { firstBytesMsMax = 10_000, headersMsMax = 10_000, requestMsMax = 30_000 } = options;
  const lastAnswers = new LastAnswers();
  let isLeaving = false;
  const handle: Handle = (request, response) => {
    if (isLeaving) lastAnswers.mark(response);
    deps.handle(request, response);
  };
  const h1 = createHttp1Server({ ...deps, handle }, { headersMsMax, requestMsMax });
  const h2 = createHttp2Server(handle, deps.unsent);
  const sockets = new Set<net.Socket>();
  /** Connections whose protocol is not known yet. */
  const silent = new Set<net.Socket>();

  let isClosing = false;
  const counts = { http1: 0, http2: 0, accepted: 0, refused: 0 };
  const emptied = Promise.withResolvers<void>();

  const take = (socket: net.Socket) => {
    counts.accepted += 1;
    if (sockets.size >= CONNECTIONS_MAX) {
      counts.refused += 1;
      socket.destroy();
      return;
    }
    sockets.add(socket);
    silent.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      silent.delete(socket);
      if (isClosing && sockets.size === 0) emptied.resolve();
    });
    socket.on("error", () => socket.destroy());
    readFirstBytes(socket, firstBytesMsMax, (isHttp2) => {
      silent.delete(socket);
      const protocol = isHttp2 ? "http2" : "http1";
      counts[protocol] += 1;
      socket.once("close", () => {
        counts[protocol] -= 1;
      });
      if (isHttp2) h2.accept(socket);
      else h1.emit("connection", socket);
    });
  };
  const connections = await (deps.connections ?? listening(options))(take);

  const leave = () => {
    isLeaving = true;
    h2.leave();
  };
  return {
    port: connections.port,
    counts,
    leave,
    async close(graceMs) {
      leave();
      await connections.stop();
      isClosing = true;
      h1.closeIdleConnections();
      const timers = [
        setInterval(() => h1.closeIdleConnections(), IDLE_SWEEP_MS),
        setTimeout(() => cut(silent), Math.min(BEGIN_MS_MAX, graceMs)),
        setTimeout(() => cut(sockets), graceMs),
      ];
      if (sockets.size > 0) await emptied.promise;
      for (const timer of timers) clearTimeout(timer);
      h1.close();
    },
  };
}

function cut(sockets: ReadonlySet<net.Socket>): void {
  for (const socket of sockets) socket.destroy();
}
