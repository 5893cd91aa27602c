import { LANGUAGES } from "@geomesh/terms/languages";
import { createLanguageReader } from "../http/accept-language.ts";
import { type Exchange, isReset } from "../http/exchange.ts";
import { headerLines } from "../http/header-lines.ts";
import { readIdempotencyKey } from "../http/idempotency-key.ts";
import type { Call } from "../operations/call.ts";

const READ_LANGUAGE = createLanguageReader(LANGUAGES);

/** A plain HTTP request as operations see it. Its signal is made on the first use: most lookups never use it. */
export class HttpCall implements Call {
  readonly #exchange: Exchange;
  readonly deadlineMs: number | undefined;
  #abort: AbortController | undefined;

  /** `deadlineMs` is the client's, by the monotonic clock. */
  constructor(exchange: Exchange, deadlineMs?: number) {
    this.#exchange = exchange;
    this.deadlineMs = deadlineMs;
  }

  get clientAddress(): string {
    return this.#exchange.clientAddress;
  }

  get language(): string | undefined {
    return READ_LANGUAGE(this.#exchange.request.rawHeaders);
  }

  get idempotencyKey(): string {
    return readIdempotencyKey(headerLines(this.#exchange.request.rawHeaders, "idempotency-key"));
  }

  get requestId(): string {
    return this.#exchange.requestId;
  }

  get traceHeaders(): Readonly<Record<string, string>> {
    return this.#exchange.trace.headers;
  }

  get signal(): AbortSignal {
    return this.#controller().signal;
  }

  /** Aborts the signal of a call that ends before its client goes: its deadline has passed. */
  abort(): void {
    this.#controller().abort();
  }

  #controller(): AbortController {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      const { request, response } = this.#exchange;
      response.on("close", () => {
        if (isReset(request) || !response.writableFinished) abort.abort();
      });
      this.#abort = abort;
    }
    return this.#abort;
  }
}
