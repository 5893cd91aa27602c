import type { ServerResponse } from "node:http";
import net from "node:net";
import { endLingering } from "./linger.ts";
import { isStreamed } from "./streamed-bodies.ts";

/** Writes an answer without a response object. */
type RawAnswer = () => string;

/**
 * A connection of HTTP/1.1: its answers come in order, one for each request, and after the last one it is closed so that the
 * client can read it.
 */
export class Http1Connection {
  readonly #socket: net.Socket;
  /** Of the request that came last. */
  #last: ServerResponse | undefined;
  #isRefused = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.destroySoon = () => {
      // Node calls it after an answer that says `Connection: close`.
      if (this.#last === undefined || this.#last.req.complete) {
        net.Socket.prototype.destroySoon.call(socket);
      } else endLingering(socket);
    };
  }

  /**
   * Notes the next request. False where it must not be served, because an answer before it says that the connection closes
   * (RFC 9112, section 9.6).
   */
  begin(response: ServerResponse): boolean {
    const last = this.#last;
    if (last?.headersSent && !last.shouldKeepAlive) return false;
    this.#last = response;
    return true;
  }

  /** True while the body of a stream comes, which has bounds of its own. */
  get isInStream(): boolean {
    const request = this.#last?.req;
    return request !== undefined && !request.complete && isStreamed(request);
  }

  /**
   * Ends the connection over bytes that are not a request, or did not become one in time. They get an answer of their own
   * once all requests before them have theirs. Where they are the body of a request, the answer is that request's, and there
   * is none if it was answered already.
   */
  refuse(answer: RawAnswer): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    const last = this.#last;
    if (last === undefined) this.#end(answer);
    else if (last.req.complete) afterwards(last, () => this.#end(answer));
    else this.#refuseBody(last, answer);
  }

  #refuseBody(last: ServerResponse, answer: RawAnswer): void {
    if (last.headersSent) afterwards(last, () => this.#end());
    else if (last.socket === null) last.once("socket", () => this.#refuseBody(last, answer));
    else {
      // Whoever works on the request learns that nobody waits any more, and cannot write to the connection.
      last.detachSocket(this.#socket);
      last.destroy();
      this.#end(answer);
    }
  }

  #end(answer?: RawAnswer): void {
    if (this.#socket.writable) endLingering(this.#socket, answer?.());
    else if (!this.#socket.writableEnded) this.#socket.destroy();
  }
}

function afterwards(response: ServerResponse, then: () => void): void {
  if (response.writableFinished) then();
  else response.once("finish", then);
}
