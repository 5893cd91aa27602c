import type { Headers } from "../../http/exchange.ts";
import type { Answer } from "./facade.ts";

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };
const TEXT_TYPE = { "content-type": "text/plain; charset=utf-8" };

/** An answer in JSON, with a newline at its end for terminals. Headers may say which kind of JSON it is. */
export function jsonAnswer(status: number, value: unknown, headers: Headers = {}): Answer {
  return {
    status,
    headers: { ...JSON_TYPE, ...headers },
    body: bytesOf(`${JSON.stringify(value)}\n`),
  };
}

/** An answer in plain text, with a newline at its end for terminals. */
export function textAnswer(text: string): Answer {
  return { status: 200, headers: TEXT_TYPE, body: bytesOf(`${text}\n`) };
}

/** An answer without a body. */
export function emptyAnswer(status: number, headers: Headers = {}): Answer {
  return { status, headers: { ...headers }, body: "" };
}

const bytesOf = (text: string) => Buffer.from(text).toString("latin1");
