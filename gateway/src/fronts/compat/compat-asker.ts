import { VARIES } from "../../http/accept-encoding.ts";
import type { Compression, Encoded } from "../../http/compression.ts";
import { type Exchange, isGone, reply } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import type { Asker } from "../../operations/asker.ts";
import type { Call } from "../../operations/call.ts";
import type { LimitHeaders, Outcome } from "../../operations/outcome.ts";
import { HttpCall } from "../http-call.ts";
import type { Answer, Question } from "./facade.ts";

const PRIVATE = { "cache-control": "private", ...VARIES };

/** What an asker of a façade works with. */
export interface CompatAskerDeps {
  readonly fail: Fail;
  readonly compression: Compression;
}

/** A client of another vendor that waits for its answer. */
export class CompatAsker implements Asker {
  readonly form = "message";
  readonly call: Call;
  readonly #exchange: Exchange;
  readonly #question: Question;
  readonly #deps: CompatAskerDeps;

  constructor(exchange: Exchange, question: Question, deps: CompatAskerDeps) {
    this.call = new HttpCall(exchange);
    this.#exchange = exchange;
    this.#question = question;
    this.#deps = deps;
  }

  /** What it gets is written anew each time: some of it, such as what is left of a quota, has no tag. */
  has(): boolean {
    return false;
  }

  get isGone(): boolean {
    return isGone(this.#exchange);
  }

  answer({ body, headers }: Outcome): void {
    try {
      if (body.form !== "message") throw new Error("the answer of an operation is no message");
      const { etag: _ofAnotherForm, ...limits } = headers;
      const answer = this.#question.answer(body.bytes, limits);
      this.#deps.compression.encode(this.#exchange, answer.body, (encoded) =>
        this.#send(answer, encoded, limits),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#deps.fail(this.#exchange, error);
  }

  #send({ status, headers }: Answer, { body, coding }: Encoded, limits: LimitHeaders): void {
    try {
      const own = { ...headers, ...PRIVATE, ...(coding && { "content-encoding": coding }) };
      reply(this.#exchange, status, own, body, limits);
    } catch (error) {
      this.fail(error);
    }
  }
}
