import { acceptedType } from "../../http/accept.ts";
import { VARIES } from "../../http/accept-encoding.ts";
import { isCompressible } from "../../http/compressible.ts";
import type { Compression, Encoded } from "../../http/compression.ts";
import { type Exchange, type Headers, isGone, reply } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import { headerLines } from "../../http/header-lines.ts";
import { matchesEtag } from "../../http/if-none-match.ts";
import type { AskedForm, Asker } from "../../operations/asker.ts";
import type { Call } from "../../operations/call.ts";
import type { Body, Json, Outcome } from "../../operations/outcome.ts";
import { HttpCall } from "../http-call.ts";
import { asInBody } from "./as-in-body.ts";
import type { Target } from "./routes.ts";

/** What an answer says that comes as JSON or as CSV, whichever it is. */
const VARIES_BY_FORM = { vary: `Accept, ${VARIES.vary}` };
const PRIVATE = { "cache-control": "private" };
const CSV_TYPE = "text/csv";
const JSON_TYPE = "application/json";
const CSV_HEADERS = {
  "content-type": "text/csv; charset=utf-8; header=present",
  ...PRIVATE,
  ...VARIES_BY_FORM,
};
const SECRET_JSON = { "content-type": JSON_TYPE, ...PRIVATE };
const JSON_HEADERS = { ...SECRET_JSON, ...VARIES };
const JSON_OR_CSV_HEADERS = { ...SECRET_JSON, ...VARIES_BY_FORM };
/** What a `google.api.HttpBody` is sent as that tells no media type (RFC 9110, section 8.3.1) that a header can hold. */
const ANY_BYTES = "application/octet-stream";
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[ \t]*(?:;[\x20-\x7e\t]*)?$/;

/** What an asker of REST works with. */
export interface RestAskerDeps {
  readonly fail: Fail;
  readonly compression: Compression;
}

/** The body of an answer before it is compressed. */
interface Content {
  /** The answer's own, beside those of every operation. */
  readonly headers: Headers;
  readonly body: Json;
  readonly mayCompress: boolean;
}

/** A REST client that waits for its answer. */
export class RestAsker implements Asker {
  readonly form: AskedForm;
  readonly call: Call;
  readonly #exchange: Exchange;
  readonly #target: Target;
  readonly #deps: RestAskerDeps;

  constructor(exchange: Exchange, target: Target, deps: RestAskerDeps) {
    this.call = new HttpCall(exchange);
    this.form = target.operation.access.hasCsv ? formOf(exchange) : "json";
    this.#exchange = exchange;
    this.#target = target;
    this.#deps = deps;
  }

  get isGone(): boolean {
    return isGone(this.#exchange);
  }

  has(etag: string): boolean {
    const { method, request } = this.#exchange;
    if (method !== "GET" && method !== "HEAD") return false;
    const lines = headerLines(request.rawHeaders, "if-none-match");
    return lines.length > 0 && matchesEtag(lines.join(","), etag);
  }

  answer({ body, headers: limits }: Outcome): void {
    try {
      if (body.form === "unchanged") {
        reply(this.#exchange, 304, { ...PRIVATE, ...VARIES }, "", limits);
        return;
      }
      if (this.#target.status === 204) {
        reply(this.#exchange, 204, PRIVATE, undefined, limits);
        return;
      }
      const content = this.#contentOf(body);
      const send = (encoded: Encoded) => this.#send(content, encoded, limits);
      if (!content.mayCompress) send({ body: content.body, coding: undefined });
      else this.#deps.compression.encode(this.#exchange, content.body, send);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#deps.fail(this.#exchange, fromTranscodeError(asInBody(error, this.#target.bodyField)));
  }

  #contentOf(body: Exclude<Body, { form: "unchanged" }>): Content {
    const { headersOf, write, readHttpBody, isSecret, operation } = this.#target;
    // The length of a compressed body tells of a secret in it beside what its client chose (BREACH).
    const mayCompress = !isSecret;
    const plain = operation.access.hasCsv ? JSON_OR_CSV_HEADERS : JSON_HEADERS;
    const json = isSecret ? SECRET_JSON : plain;
    if (body.form === "json") return { headers: json, body: body.json, mayCompress };
    if (body.form === "csv") return { headers: CSV_HEADERS, body: body.csv, mayCompress };
    const fromBody = headersOf?.(body.bytes);
    if (readHttpBody === undefined) {
      const headers = fromBody === undefined ? json : { ...json, ...fromBody };
      return { headers, body: `${write(body.bytes)}\n`, mayCompress };
    }
    const { contentType, data } = readHttpBody(body.bytes);
    const type = MEDIA_TYPE.test(contentType) ? contentType : ANY_BYTES;
    const isText = mayCompress && isCompressible(type);
    const headers = { ...PRIVATE, "content-type": type, ...(isText && VARIES), ...fromBody };
    return { headers, body: data, mayCompress: isText };
  }

  /**
   * Sends the answer. An `ETag` is the same in every coding, where RFC 9110 (section 8.8.3.3) would have another for each: it
   * is the version of a resource, to be sent back in If-Match, and there are no ranges that could mix two codings by it.
   */
  #send({ headers }: Content, { body, coding }: Encoded, limits: Headers): void {
    try {
      const own = coding === undefined ? headers : { ...headers, "content-encoding": coding };
      reply(this.#exchange, this.#target.status, own, body, limits);
    } catch (error) {
      this.fail(error);
    }
  }
}

const formOf = ({ request }: Exchange): AskedForm =>
  acceptedType(request.rawHeaders, [JSON_TYPE, CSV_TYPE]) === CSV_TYPE ? "csv" : "json";
