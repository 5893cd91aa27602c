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
  const decide = (seen: Buffer): boolean | undefined => {
    const compared = Math.min(seen.length, PREFACE.length);
    const maybeHttp2 = PREFACE.compare(seen, 0, compared, 0, compared) === 0;
    return maybeHttp2 && seen.length < PREFACE.length ? undefined : maybeHttp2;
  };
  peek(socket, msMax, { decide, decided });
}

/** Reads the first byte, puts it back, and calls `decided`. Cuts a connection that sends nothing for `msMax` milliseconds. */
export function readFirstByte(
  socket: Socket,
  msMax: number,
  decided: (byte: number) => void,
): void {
  peek(socket, msMax, { decide: ([byte]) => byte, decided });
}

interface Decision<T> {
  /** What the bytes tell; undefined where it takes more of them. */
  readonly decide: (seen: Buffer) => T | undefined;
  readonly decided: (told: T) => void;
}

function peek<T>(socket: Socket, msMax: number, { decide, decided }: Decision<T>): void {
  let seen: Buffer = Buffer.alloc(0);
  const late = () => socket.destroy();
  const read = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const told = decide(seen);
    if (told === undefined) return;
    socket.off("readable", read);
    socket.off("timeout", late);
    socket.setTimeout(0);
    socket.unshift(seen);
    decided(told);
  };
  socket.setTimeout(msMax, late);
  socket.on("readable", read);
}
