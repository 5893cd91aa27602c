import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import process from "node:process";
import type { Request, Response } from "./exchange.ts";

/** What is read and discarded of a body after its request was answered, so that the connection can go on. */
const DRAIN_BYTES_MAX = 4 * 1024 * 1024;
const DRAIN_MS_MAX = 5_000;

/**
 * Settles what is left of a body once its request is answered, whoever read of it how much. Up to 4 MiB that come within 5 s
 * are discarded: then a connection of HTTP/1.1 is cut, and a stream of HTTP/2 is reset without an error (RFC 9113, section
 * 8.1). An answer of HTTP/1.1 says `Connection: close` where more may come.
 */
export function settleBody(request: Request, response: Response): void {
  if ("stream" in request) settleStream(request.stream);
  else settleHttp1(request, response as ServerResponse);
}

function settleHttp1(request: IncomingMessage, response: ServerResponse): void {
  closeUnlessRead(request, response);
  response.once("finish", () => {
    if (request.complete) return;
    request.removeAllListeners("readable").removeAllListeners("data");
    // That stops the stream by the next tick, and the end of a stopped one is never told.
    process.nextTick(() => request.resume());
    const late = setTimeout(() => request.socket.destroy(), DRAIN_MS_MAX);
    request.once("close", () => clearTimeout(late));
  });
}

/**
 * Makes an answer the last one of its connection if the rest of the body cannot be waited for: when it is longer than what is
 * read and discarded, or of unknown length, or when whoever read it has given it up, because it came too slowly (RFC 9110,
 * section 15.5.9) or was too large.
 */
function closeUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  const length = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY);
  const isGivenUp = () => request.destroyed || request.listenerCount("data") > 0;
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    if (!request.complete && (length > DRAIN_BYTES_MAX || isGivenUp())) {
      response.shouldKeepAlive = false;
    }
    return writeHead(...args);
  };
}

function settleStream(stream: ServerHttp2Stream): void {
  stream.once("finish", () => {
    if (stream.readableEnded || stream.destroyed) return;
    const stop = () => stream.close(constants.NGHTTP2_NO_ERROR);
    let bytes = 0;
    stream.removeAllListeners("data");
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > DRAIN_BYTES_MAX) stop();
    });
    stream.resume();
    const late = setTimeout(stop, DRAIN_MS_MAX);
    stream.once("close", () => clearTimeout(late));
  });
}
