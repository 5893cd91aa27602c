import net from "node:net";
import type { Clock } from "@geomesh/runtime/clock";
import { listen } from "@geomesh/runtime/listen";
import type { Handle } from "./exchange.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { createHttp1Server } from "./http1-server.ts";
import { createHttp2Server } from "./http2-server.ts";

const CONNECTIONS_MAX = 20_000;
const IDLE_SWEEP_MS = 50;

/** What the server of connections works with. */
export interface CleartextDeps {
  readonly handle: Handle;
  /** For what is refused before it is a request. */
  readonly newRequestId: () => string;
  readonly clock: Clock;
}

/** Where the server listens, and its limits. */
export interface CleartextOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Longest wait for the bytes that tell which protocol a connection speaks, in milliseconds; default 10,000. */
  readonly firstBytesMsMax?: number;
  /** Longest wait for the headers of an HTTP/1.1 request, in milliseconds; default 10,000. */
  readonly headersMsMax?: number;
  /** Longest wait for a whole HTTP/1.1 request, in milliseconds; default 30,000. */
  readonly requestMsMax?: number;
}

/** A running server of connections. */
export interface CleartextServer {
  readonly port: number;
  /** Stops accepting, lets requests under way end for `graceMs`, then cuts their connections. */
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
  const h1 = createHttp1Server(deps, { headersMsMax, requestMsMax });
  const { server: h2, sessions } = createHttp2Server(deps.handle);
  const sockets = new Set<net.Socket>();
  /** Connections whose protocol is not known yet. */
  const silent = new Set<net.Socket>();

  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    silent.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      silent.delete(socket);
    });
    socket.on("error", () => socket.destroy());
    readFirstBytes(socket, firstBytesMsMax, (isHttp2) => {
      silent.delete(socket);
      (isHttp2 ? h2 : h1).emit("connection", socket);
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listen(server, options.port, options.host);

  return {
    port,
    close: (graceMs) =>
      new Promise((resolve) => {
        const idle = setInterval(() => h1.closeIdleConnections(), IDLE_SWEEP_MS);
        const cut = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, graceMs);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(cut);
          h1.close();
          resolve();
        });
        for (const socket of silent) socket.destroy();
        for (const session of sessions) session.close();
        h1.closeIdleConnections();
      }),
  };
}
