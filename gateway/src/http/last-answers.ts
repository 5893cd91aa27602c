import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Response } from "./exchange.ts";

/**
 * Makes answers the last ones of their connections of HTTP/1.1: they say `Connection: close`. Of requests that came one after
 * the other without waiting it is the answer to the last.
 */
export class LastAnswers {
  readonly #last = new WeakMap<Socket, ServerResponse>();

  /** Makes an answer that has not begun the last one. */
  mark(response: Response): void {
    if ("stream" in response) return;
    // The response itself has no socket while others before it are not answered.
    const { socket } = response.req;
    const before = this.#last.get(socket);
    if (before !== undefined && !before.headersSent) before.shouldKeepAlive = true;
    response.shouldKeepAlive = false;
    this.#last.set(socket, response);
  }
}
