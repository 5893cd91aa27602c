import type { Socket } from "node:net";

/** The first bytes of an HTTP/2 connection (RFC 9113, section 3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * Reads until the bytes are the preface of HTTP/2 or cannot become it, puts them back, and calls `decided`. Cuts a
 * connection that sends nothing for `msMax` milliseconds.
 */
export function readFirstBytes(
  socket: Socket,
  msMax: number,
  decided: (isHttp2: boolean) => void,
): void {
  let seen: Buffer = Buffer.alloc(0);
  const late = () => socket.destroy();
  const read = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, PREFACE.length);
    const maybeHttp2 = PREFACE.compare(seen, 0, compared, 0, compared) === 0;
    if (maybeHttp2 && seen.length < PREFACE.length) return;
    socket.off("readable", read);
    socket.off("timeout", late);
    socket.setTimeout(0);
    socket.unshift(seen);
    decided(maybeHttp2);
  };
  socket.setTimeout(msMax, late);
  socket.on("readable", read);
}
