import type { Exchange } from "../http/exchange.ts";
import type { Call } from "../operations/call.ts";

/** A plain HTTP request as operations see it. Its signal is made on the first use: most lookups never use it. */
export class HttpCall implements Call {
  readonly #exchange: Exchange;
  #abort: AbortController | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get clientAddress(): string {
    return this.#exchange.clientAddress;
  }

  get requestId(): string {
    return this.#exchange.requestId;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      const { response } = this.#exchange;
      response.on("close", () => {
        if (!response.writableFinished) abort.abort();
      });
      this.#abort = abort;
    }
    return this.#abort.signal;
  }
}
