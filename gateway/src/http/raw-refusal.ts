import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { Headers } from "./exchange.ts";
import { toProblem } from "./problem.ts";

/** Codes of Node's HTTP/1.1 server and parser. */
const TIMEOUT = "ERR_HTTP_REQUEST_TIMEOUT";
const HEADERS_OVERFLOW = "HPE_HEADER_OVERFLOW";

/** True where a request took too long. */
export const isTimeout = ({ code }: NodeJS.ErrnoException): boolean => code === TIMEOUT;

/** Why bytes did not become a request: an error of Node's parser, such as headers that are too large. */
export function malformedRequest(error: NodeJS.ErrnoException): AppError {
  const { code } = error;
  if (isTimeout(error)) return new AppError("REQUEST_TOO_SLOW");
  if (code === HEADERS_OVERFLOW) return new AppError("HEADERS_TOO_LARGE");
  return new AppError("INVALID_ARGUMENT", { message: "malformed HTTP request" });
}

/** Writes an HTTP/1.1 answer for what never became a request. It is the last one of its connection. */
export function rawAnswer(
  error: AppError,
  requestId: string,
  clock: Clock,
  moreHeaders?: Headers,
): string {
  const { status, title, headers, body } = toProblem(error, requestId);
  const lines = Object.entries({
    ...headers,
    ...moreHeaders,
    "content-length": body.length,
    "x-request-id": requestId,
    date: new Date(clock.wallMs()).toUTCString(),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join("")}\r\n${body}`;
}
