import { once } from "node:events";
import net from "node:net";
import { onTestFinished } from "vitest";
import { moreOrClosed } from "./more-or-closed.ts";

/** An HTTP/1.1 answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it came, which may be compressed. */
  readonly bytes: Buffer;
}

/** A connection of HTTP/1.1, byte by byte. */
export interface RawConnection {
  send(bytes: string | Uint8Array): void;
  /** Closes our half of it. */
  end(): void;
  /** The first answers of the connection, once there are so many, or it is closed. */
  answers(count: number): Promise<RawAnswer[]>;
  /** All answers, once the server has closed it. */
  allAnswers(): Promise<RawAnswer[]>;
}

/** Sends bytes over a new connection and returns all that comes back until it is closed, one character a byte. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    received += text;
  });
  // The other side may cut the connection before all is sent.
  socket.on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return received;
}

/** Opens a connection, which is closed with the test at the latest. */
export async function openRaw(port: number): Promise<RawConnection> {
  const socket = net.connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  let received: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  return {
    send: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    async answers(count) {
      while (split(received).answers.length < count && !socket.closed) {
        await moreOrClosed(socket);
      }
      return split(received).answers.slice(0, count);
    },
    async allAnswers() {
      if (!socket.closed) await once(socket, "close");
      return parseAnswers(received);
    },
  };
}

/** Parses HTTP/1.1 answers, in a text with one character a byte. Errors: Error for a malformed one. */
export function parseAnswers(received: string | Buffer): RawAnswer[] {
  const { answers, rest } = split(
    typeof received === "string" ? Buffer.from(received, "latin1") : received,
  );
  if (rest.length > 0) throw new Error(`malformed or cut off: ${rest}`);
  return answers;
}

/** The whole answers at the beginning of some bytes, and what comes after them. */
function split(received: Buffer): { answers: RawAnswer[]; rest: Buffer } {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return { answers, rest };
    const [statusLine = "", ...lines] = rest.subarray(0, end).toString().split("\r\n");
    const [, status] = /^HTTP\/1\.1 (\d{3}) [\w ]+$/.exec(statusLine) ?? [];
    if (status === undefined) throw new Error(`malformed answer: ${rest}`);
    const headers = Object.fromEntries(lines.map(parseHeader));
    const isChunked = headers["transfer-encoding"] === "chunked";
    const body = (isChunked ? chunks : sized)(rest.subarray(end + 4), headers);
    if (body === undefined) return { answers, rest };
    const { bytes } = body;
    answers.push({ status: Number(status), headers, body: `${bytes}`, bytes });
    rest = body.rest;
  }
}

interface Body {
  readonly bytes: Buffer;
  readonly rest: Buffer;
}

function sized(bytes: Buffer, headers: RawAnswer["headers"]): Body | undefined {
  const length = Number(headers["content-length"] ?? 0);
  if (bytes.length < length) return undefined;
  return { bytes: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

function chunks(bytes: Buffer): Body | undefined {
  const parts: Buffer[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf("\r\n");
    const length = Number.parseInt(rest.subarray(0, Math.max(0, end)).toString(), 16);
    if (end < 0 || rest.length < end + 2 + length + 2) return undefined;
    if (Number.isNaN(length)) throw new Error(`malformed chunk: ${rest}`);
    parts.push(rest.subarray(end + 2, end + 2 + length));
    rest = rest.subarray(end + 2 + length + 2);
    if (length === 0) return { bytes: Buffer.concat(parts), rest };
  }
}

function parseHeader(line: string): [name: string, value: string] {
  const [, name, value] = /^([\w-]+): (.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`malformed header: ${line}`);
  return [name.toLowerCase(), value];
}
