import type { Exchange } from "../http/exchange.ts";
import type { Call } from "../operations/operation.ts";

/** A plain HTTP request as operations see it. Its signal is made on the first use: most lookups never use it. */
export class HttpCall implements Call {
  readonly credential: string | undefined;
  readonly clientAddress: string;
  readonly requestId: string;
  readonly #exchange: Exchange;
  #abort: AbortController | undefined;

  constructor(exchange: Exchange, credential: string | undefined) {
    this.credential = credential;
    this.clientAddress = exchange.clientAddress;
    this.requestId = exchange.requestId;
    this.#exchange = exchange;
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
