import type { Duplex } from "node:stream";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { toProblem } from "./problem.ts";

/** Time for the client to read the answer before the connection is cut; what it still sends is discarded. */
const LINGER_MS = 500;

/** Codes of Node's HTTP/1.1 server and parser. */
const TIMEOUT = "ERR_HTTP_REQUEST_TIMEOUT";
const HEADERS_OVERFLOW = "HPE_HEADER_OVERFLOW";

/** Answers what never became a request, such as headers that are too large, and ends the connection. */
export function refuseRaw(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  requestId: string,
  clock: Clock,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    if (!socket.writableEnded) socket.destroy();
    return;
  }
  socket.end(rawAnswer(refusal(error), requestId, clock.wallMs()), "latin1");
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(cut));
}

function refusal({ code }: NodeJS.ErrnoException): AppError {
  if (code === TIMEOUT) return new AppError("REQUEST_TOO_SLOW");
  if (code === HEADERS_OVERFLOW) return new AppError("HEADERS_TOO_LARGE");
  return new AppError("INVALID_ARGUMENT", { message: "malformed HTTP request" });
}

function rawAnswer(error: AppError, requestId: string, wallMs: number): string {
  const { status, title, headers, body } = toProblem(error, requestId);
  const lines = Object.entries({
    ...headers,
    "content-length": body.length,
    "x-request-id": requestId,
    date: new Date(wallMs).toUTCString(),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join("")}\r\n${body}`;
}
