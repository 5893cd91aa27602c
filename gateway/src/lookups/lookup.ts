import type { Clock } from "@geomesh/runtime/clock";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { reasonRow } from "@geomesh/terms/reasons";
import type { Principal } from "../keys/key-table.ts";
import type { Admission, Admitted, Unpaid } from "../operations/admission.ts";
import type { Asker } from "../operations/asker.ts";
import { isLate } from "../operations/call.ts";
import {
  type AnswerHeaders,
  type Body,
  meteredOutcome,
  type Outcome,
} from "../operations/outcome.ts";
import type { Durable, Releasable, Spool } from "../usage/spool.ts";
import type { FrameAnswers } from "./frame-answers.ts";

/** A response in the making: it takes answers as frames bring them, in any order. */
export interface LookupResponse {
  /** Takes `count` answers of a frame, from `at` on, for the request's addresses from `offset` on. */
  take(answers: FrameAnswers, at: number, offset: number, count: number): void;
  /** Headers of the answer beside those of its limits, once all answers were taken. */
  readonly headers: AnswerHeaders;
  /** True where the asker has the answer already: then it costs nothing. */
  readonly isUnchanged: boolean;
  /** Why the request as a whole fails; undefined where it does not. */
  readonly problem: AppError | undefined;
  /** The response, once all answers were taken. */
  body(): Body;
}

/** What is asked of geo. */
export interface Question {
  readonly ipAddresses: readonly string[];
  /** One of the contract; empty means English. */
  readonly language: string;
  /** True where the locations are to have what comes only where it is named: their names in all languages, and country facts. */
  readonly withNames: boolean;
}

/** What a lookup works with. */
export interface LookupDeps {
  readonly spool: Pick<Spool, "append">;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * One admitted request from its admission to its reply: the object that queue, frames and journal pass on. Its fate is fixed
 * once, when its usage is appended: whoever has gone or waits no longer before that is not charged, and who goes later, or whose
 * deadline passes later, is answered and billed.
 */
export class Lookup implements Releasable {
  readonly principal: Principal;
  readonly question: Question;
  /** When it is given up, by the monotonic clock. */
  readonly deadlineMs: number;
  /** Addresses that were put into frames; kept by the queue. */
  sent = 0;
  readonly #deps: LookupDeps;
  readonly #admitted: Admitted;
  #paid: Admission | undefined;
  readonly #asker: Asker;
  readonly #response: LookupResponse;
  #missing: number;
  #units = 0;
  #problem: AppError | undefined;
  #isOver = false;

  constructor(
    deps: LookupDeps,
    request: { readonly admitted: Admitted; readonly asker: Asker; readonly deadlineMs: number },
    question: Question,
    response: LookupResponse,
  ) {
    this.#deps = deps;
    this.#admitted = request.admitted;
    this.principal = request.admitted.principal;
    this.#asker = request.asker;
    this.deadlineMs = request.deadlineMs;
    this.question = question;
    this.#response = response;
    this.#missing = question.ipAddresses.length;
  }

  /** True where its units are not taken yet. */
  get isUnpaid(): boolean {
    return !this.#admitted.isPaid;
  }

  /** True once all its answers are in or it was given up: what frames still bring for it is dropped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes some of its answers. True with the last one. */
  take(answers: FrameAnswers, at: number, offset: number, count: number): boolean {
    try {
      for (let i = at; i < at + count; i += 1) this.#units += answers.unitsOf(i);
      this.#response.take(answers, at, offset, count);
    } catch (error) {
      this.#problem = toAppError(error);
    }
    this.#missing -= count;
    return this.#missing === 0;
  }

  /**
   * Appends the usage, once what is unpaid is paid: the request costs what was located, or nothing where it fails or nobody
   * waits. Never throws.
   */
  record(failure?: AppError): void {
    this.#isOver = true;
    this.#problem ??= failure ?? this.#response.problem;
    this.#noteLeaving();
    try {
      const admitted = this.#admitted;
      if (admitted.isPaid) this.#append(admitted);
      else this.#pay(admitted);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What cannot be paid is not answered, nor recorded. */
  #pay(unpaid: Unpaid): void {
    const paid = unpaid.pay(this.#unitsUsed);
    if (!(paid instanceof Promise)) this.#append(paid);
    else
      paid
        .then((admission) => {
          this.#noteLeaving();
          this.#append(admission);
        })
        .catch((error) => this.#fail(error));
  }

  /** Whoever has gone or waits no longer before the append gets nothing, and pays nothing. */
  #noteLeaving(): void {
    const { call, isGone } = this.#asker;
    if (isLate(call, this.#deps.clock)) this.#problem = new AppError("DEADLINE_EXCEEDED");
    else if (isGone) this.#problem = new AppError("CANCELLED");
  }

  #append(admission: Admission): void {
    this.#paid = admission;
    const problem = this.#problem;
    const answered = this.#response.isUnchanged ? 304 : 200;
    const status = problem === undefined ? answered : reasonRow(problem.reason).httpStatus;
    admission.record(this.#deps.spool, status, this.#unitsUsed, this);
  }

  get #unitsUsed(): number {
    return this.#problem === undefined && !this.#response.isUnchanged ? this.#units : 0;
  }

  release(durable: Durable): void {
    if (this.#problem !== undefined) {
      this.#fail(this.#problem);
      return;
    }
    let outcome: Outcome;
    try {
      const limits = (this.#paid as Admission).headers(this.#deps.clock.wallMs());
      const headers = { ...limits, ...this.#response.headers };
      outcome = meteredOutcome(durable, this.#response.body(), headers);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#asker.answer(outcome);
  }

  withhold(error: AppError): void {
    this.#fail(error);
  }

  /** An error that cannot be sent must not keep back the answers of others. */
  #fail(error: unknown): void {
    try {
      this.#asker.fail(error);
    } catch (err) {
      this.#deps.log.error({ err }, "an error was not answered");
    }
  }
}
