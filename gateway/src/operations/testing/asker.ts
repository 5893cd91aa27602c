import type { AskedForm, Asker } from "../asker.ts";
import type { Call } from "../call.ts";
import type { Outcome } from "../outcome.ts";

const ADDRESS = "192.0.2.1";
const TRACE_HEADERS = {
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

/** What a front knows of a request from 192.0.2.1. */
function callForTest(deadlineMs: number | undefined): Call {
  const { signal } = new AbortController();
  return {
    clientAddress: ADDRESS,
    requestId: "1",
    language: undefined,
    idempotencyKey: "",
    traceHeaders: TRACE_HEADERS,
    signal,
    deadlineMs,
  };
}

/** An asker that keeps what it gets. */
export class TestAsker implements Asker {
  readonly call: Call;
  readonly form: AskedForm;
  /** The entity tag of the answer that it has. */
  etag: string | undefined;
  isGone = false;
  /** What it got, in order; rightly there is one. */
  readonly outcomes: Outcome[] = [];
  readonly errors: unknown[] = [];
  /** The answer; rejects with the error that it got instead. */
  readonly outcome: Promise<Outcome>;
  /** Called with each answer and error, before it is kept. */
  onCall: () => void = () => undefined;
  readonly #settled = Promise.withResolvers<Outcome>();

  constructor(form: AskedForm = "message", deadlineMs?: number) {
    this.call = callForTest(deadlineMs);
    this.form = form;
    this.outcome = this.#settled.promise;
    this.outcome.catch(() => undefined);
  }

  /** How often it was answered, by whatever. */
  get calls(): number {
    return this.outcomes.length + this.errors.length;
  }

  /** The bytes of its answer. */
  async bytes(): Promise<Uint8Array> {
    const { body } = await this.outcome;
    if (body.form !== "message") throw new Error("the answer is not a message");
    return body.bytes;
  }

  has(etag: string): boolean {
    return this.etag === etag;
  }

  answer(outcome: Outcome): void {
    this.onCall();
    this.outcomes.push(outcome);
    this.#settled.resolve(outcome);
  }

  fail(error: unknown): void {
    this.onCall();
    this.errors.push(error);
    this.#settled.reject(error);
  }
}
