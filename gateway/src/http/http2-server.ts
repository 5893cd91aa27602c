import http2 from "node:http2";
import type { Handle } from "./exchange.ts";

const STREAMS_MAX = 250;
const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_MAX = 100;
const SESSION_MEGABYTES_MAX = 10;
const IDLE_MS_MAX = 120_000;

/** The open connections. */
export type Sessions = Set<http2.ServerHttp2Session>;

/**
 * Creates an HTTP/2 server that is given its connections. A connection has up to 250 streams, headers of up to 16 KiB, and
 * ends after two minutes without traffic.
 */
export function createHttp2Server(handle: Handle): {
  server: http2.Http2Server;
  sessions: Sessions;
} {
  const server = http2.createServer(
    {
      maxHeaderListPairs: HEADERS_MAX,
      maxSessionMemory: SESSION_MEGABYTES_MAX,
      settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_BYTES_MAX },
    },
    handle,
  );
  // Without this, Node answers it, and no body says why.
  server.on("connect", handle);
  const sessions: Sessions = new Set();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.setTimeout(IDLE_MS_MAX, () => session.destroy());
  });
  // A broken session ends by itself, but an event without a listener would end the process.
  server.on("sessionError", () => undefined);
  return { server, sessions };
}
