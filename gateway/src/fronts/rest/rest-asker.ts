import { type Exchange, isGone, reply } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import type { Asker } from "../../operations/asker.ts";
import type { Call } from "../../operations/call.ts";
import type { Outcome } from "../../operations/outcome.ts";
import { HttpCall } from "../http-call.ts";
import { asInBody } from "./as-in-body.ts";
import type { Target } from "./routes.ts";

const PRIVATE = { "cache-control": "private" };
const JSON_HEADERS = { "content-type": "application/json", ...PRIVATE };
/** What a `google.api.HttpBody` is sent as that tells no media type (RFC 9110, section 8.3.1) that a header can hold. */
const ANY_BYTES = "application/octet-stream";
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[ \t]*(?:;[\x20-\x7e\t]*)?$/;

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
    const { status, headersOf, write, readHttpBody } = this.#target;
    try {
      if (body.form === "json") {
        reply(this.#exchange, status, JSON_HEADERS, body.json, headers);
        return;
      }
      const fromBody = headersOf?.(body.bytes);
      if (readHttpBody !== undefined) {
        const { contentType, data } = readHttpBody(body.bytes);
        const type = MEDIA_TYPE.test(contentType) ? contentType : ANY_BYTES;
        const own = { ...PRIVATE, "content-type": type, ...fromBody };
        reply(this.#exchange, status, own, data, headers);
        return;
      }
      const own = { ...JSON_HEADERS, ...fromBody };
      reply(this.#exchange, status, own, `${write(body.bytes)}\n`, headers);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#fail(this.#exchange, fromTranscodeError(asInBody(error, this.#target.bodyField)));
  }
}
