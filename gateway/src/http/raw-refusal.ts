import type { Duplex } from "node:stream";
import { AppError } from "@geomesh/runtime/errors";
import { toProblem } from "./problem.ts";

/** For the client to read the answer before the connection is cut; what it still sends is thrown away. */
const LINGER_MS = 500;

const TIMEOUT = "ERR_HTTP_REQUEST_TIMEOUT";

/** Answers what never became a request, such as headers that are too large, and ends the connection. */
export function refuseRaw(error: NodeJS.ErrnoException, socket: Duplex, requestId: string): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    if (!socket.writableEnded) socket.destroy();
    return;
  }
  socket.end(rawAnswer(refusal(error), requestId), "latin1");
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(cut));
}

function refusal({ code }: NodeJS.ErrnoException): AppError {
  if (code === TIMEOUT) {
    return new AppError("REQUEST_TOO_SLOW", { message: "the request did not arrive in time" });
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new AppError("HEADERS_TOO_LARGE", { message: "the headers are too large" });
  }
  return new AppError("INVALID_ARGUMENT", { message: "this is no HTTP request" });
}

function rawAnswer(error: AppError, requestId: string): string {
  const { status, title, headers, body } = toProblem(error, requestId);
  const lines = Object.entries({
    ...headers,
    "content-length": body.length,
    "x-request-id": requestId,
    date: new Date().toUTCString(),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join("")}\r\n${body}`;
}
