import type { Durable } from "../usage/spool.ts";
import type { FreeOperation } from "./operation.ts";

/** JSON in UTF-8 with a newline at its end, for terminals: a text with one character a byte, or bytes where it is long, which spares the garbage collector. */
export type Json = string | Uint8Array;

/** The response of an RPC: its JSON, its CSV, its serialized message, or that the asker has it already. */
export type Body =
  | { readonly form: "json"; readonly json: Json }
  | { readonly form: "csv"; readonly csv: Json }
  | { readonly form: "message"; readonly bytes: Uint8Array }
  | { readonly form: "unchanged" };

/** Headers of an answer. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** Headers that tell where the caller stands with its limits. */
export type LimitHeaders = AnswerHeaders;

/** A response that may be sent. Only the two functions below make one. */
class Outcome {
  readonly body: Body;
  readonly headers: AnswerHeaders;

  constructor(body: Body, headers: AnswerHeaders) {
    this.body = body;
    this.headers = headers;
  }

  /** Makes the type nominal: an object that merely looks like an outcome is none. */
  protected readonly isOutcome = true;
}

export type { Outcome };

/** The response of a metered operation. The token shows that its usage is durable. */
export function meteredOutcome(_durable: Durable, body: Body, headers: AnswerHeaders): Outcome {
  return new Outcome(body, headers);
}

/** A response as CSV, with the headers that tell what has no place in it. */
export interface CsvResponse {
  readonly csv: Uint8Array;
  readonly headers: AnswerHeaders;
}

/** The response of an operation that costs nothing: serialized, or as CSV. */
export function freeOutcome(
  _operation: FreeOperation,
  response: Uint8Array | CsvResponse,
  headers: LimitHeaders,
): Outcome {
  if (response instanceof Uint8Array) {
    return new Outcome({ form: "message", bytes: response }, headers);
  }
  return new Outcome({ form: "csv", csv: response.csv }, { ...response.headers, ...headers });
}
