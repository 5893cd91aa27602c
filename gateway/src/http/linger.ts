import type { Duplex } from "node:stream";

/** Time for the client to read the last answer before the connection is cut. */
const LINGER_MS = 2_000;
/** What it may still send meanwhile; it is discarded. */
const LINGER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Ends a connection whose client may still be sending: sends the last bytes and our end, then discards what comes, for up to
 * 2 s and 4 MiB. A connection that is closed with bytes unread would be reset, and the reset overtakes the answer
 * (RFC 9112, section 9.6).
 */
export function endLingering(socket: Duplex, lastBytes = ""): void {
  socket.end(lastBytes, "latin1");
  let bytes = 0;
  // Node's parser is off from here on: nothing else becomes a request.
  socket.removeAllListeners("data");
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES_MAX) socket.destroy();
  });
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(cut));
}
