import { type Exchange, isGone, reply } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import type { Asker } from "../../operations/asker.ts";
import type { Call } from "../../operations/call.ts";
import type { Outcome } from "../../operations/outcome.ts";
import { HttpCall } from "../http-call.ts";
import { asInBody } from "./as-in-body.ts";
import type { Target } from "./routes.ts";

const JSON_HEADERS = { "content-type": "application/json", "cache-control": "private" };

/** A REST client that waits for its answer. */
export class RestAsker implements Asker {
  readonly form = "json";
  readonly call: Call;
  readonly #exchange: Exchange;
  readonly #target: Target;
  readonly #fail: Fail;

  constructor(exchange: Exchange, target: Target, fail: Fail) {
    this.call = new HttpCall(exchange);
    this.#exchange = exchange;
    this.#target = target;
    this.#fail = fail;
  }

  get isGone(): boolean {
    return isGone(this.#exchange);
  }

  answer({ body, headers }: Outcome): void {
    const { status, headersOf, write } = this.#target;
    try {
      if (body.form === "json") {
        reply(this.#exchange, status, JSON_HEADERS, body.json, headers);
        return;
      }
      const own = { ...JSON_HEADERS, ...headersOf?.(body.bytes) };
      reply(this.#exchange, status, own, `${write(body.bytes)}\n`, headers);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#fail(this.#exchange, fromTranscodeError(asInBody(error, this.#target.bodyField)));
  }
}
