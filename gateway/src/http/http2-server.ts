import http2 from "node:http2";
import type net from "node:net";
import type { Handle } from "./exchange.ts";
import type { Unsent } from "./unsent.ts";

const STREAMS_MAX = 250;
const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_MAX = 100;
const SESSION_MEGABYTES_MAX = 10;
const IDLE_MS_MAX = 120_000;
/** How long a client may take to answer that it has read the notice. */
const NOTICE_MS_MAX = 1_000;
/**
 * GOAWAY with the highest stream there can be (RFC 9113, section 6.8): streams that are under way to us are still served. Node
 * has no call for it: after its own, it ignores new streams without a word. Frames are written whole, so this one cannot
 * come between the parts of another.
 */
const NOTICE = Buffer.from("0000080700000000007fffffff00000000", "hex");

/** Serves the HTTP/2 connections that it is given. */
export interface Http2Server {
  /** Takes a connection from which nothing was read. */
  accept(socket: net.Socket): void;
  /**
   * Asks clients to open another connection for what comes next, those of connections to come with their first request. A
   * connection ends once its client has read that, within a second, and its streams have ended.
   */
  leave(): void;
}

/**
 * Creates an HTTP/2 server that is given its connections. A connection has up to 250 streams, headers of up to 16 KiB, and
 * ends after two minutes without traffic.
 */
export function createHttp2Server(handle: Handle, unsent: Unsent): Http2Server {
  const serve: Handle = (request, response) => {
    unsent.watch(response);
    unsent.serve(response, () => handle(request, response));
  };
  const server = http2.createServer(
    {
      maxHeaderListPairs: HEADERS_MAX,
      maxSessionMemory: SESSION_MEGABYTES_MAX,
      settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_BYTES_MAX },
    },
    serve,
  );
  // Without this, Node answers it, and no body says why.
  server.on("connect", serve);
  const sessions = new Map<http2.ServerHttp2Session, net.Socket>();
  let accepting: net.Socket | undefined;
  let isLeaving = false;

  server.on("session", (session) => {
    // It is made within `accept`.
    const socket = accepting as net.Socket;
    sessions.set(session, socket);
    session.once("close", () => sessions.delete(session));
    session.setTimeout(IDLE_MS_MAX, () => session.destroy());
    if (isLeaving) session.once("stream", () => retire(session, socket));
  });
  // A broken session ends by itself, but an event without a listener would end the process.
  server.on("sessionError", () => undefined);
  return {
    accept(socket) {
      accepting = socket;
      server.emit("connection", socket);
      accepting = undefined;
    },
    leave() {
      if (isLeaving) return;
      isLeaving = true;
      for (const [session, socket] of sessions) retire(session, socket);
    },
  };
}

/** Tells the client to go elsewhere, and closes the session once it has read that: it begins no stream afterwards. */
function retire(session: http2.ServerHttp2Session, socket: net.Socket): void {
  if (session.closed || session.destroyed) return;
  if (session.encrypted) {
    retireEncrypted(session);
    return;
  }
  socket.write(NOTICE);
  const close = () => session.close();
  const late = setTimeout(close, NOTICE_MS_MAX);
  session.once("close", () => clearTimeout(late));
  session.ping(close);
}

/**
 * The same over TLS, without the notice: Node ends the process where something else writes while the session does. GOAWAY names
 * the last stream that is served; streams that were under way to us the client sends again, over another connection (RFC 9113,
 * section 6.8).
 */
function retireEncrypted(session: http2.ServerHttp2Session): void {
  // Streams that came together with one that is served are served too.
  setImmediate(() => {
    if (!session.closed && !session.destroyed) session.close();
  });
}
