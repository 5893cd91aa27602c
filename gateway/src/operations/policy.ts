import { setTimeout as wait } from "node:timers/promises";
import type { Message } from "@bufbuild/protobuf";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { RateLimiter } from "../rate/rate-limiter.ts";
import { scopeToAccount } from "./account-scope.ts";
import type { Admissions } from "./admission.ts";
import type { Asker } from "./asker.ts";
import { type Call, isLate, onBehalfOf } from "./call.ts";
import type { HandlerTable } from "./handler.ts";
import { limitHeaders } from "./limit-headers.ts";
import {
  type FreeOperation,
  isMetered,
  type MeteredOperation,
  type Operation,
  type StreamOperation,
} from "./operation.ts";
import { freeOutcome } from "./outcome.ts";
import { rateLimited } from "./rate-limited.ts";
import { runStream } from "./run-stream.ts";
import { requireScope } from "./scopes.ts";
import type { StreamAsker, StreamPiece, StreamQuestion } from "./stream.ts";
import { createTellLimits, ToldAsker } from "./tell-limits.ts";
import type { Validate } from "./validate.ts";

/**
 * The one way to an operation, for every front. `run` takes a Principal, and only an authenticator makes one, so that no
 * handler can be reached without a key, unless the operator allows it.
 */
export interface Policy {
  /**
   * Runs an operation and answers its asker, now or later; it never throws. Errors that the asker gets: SCOPE_MISSING,
   * INVALID_ARGUMENT, PLAN_FORBIDDEN, RATE_LIMITED, DEADLINE_EXCEEDED for a client that no longer waits, those of `Admit` and
   * of the handler.
   */
  run(operation: Operation, principal: Principal, request: Message, asker: Asker): void;

  /**
   * Answers a stream of requests, piece by piece, as its consumer takes them. Errors: SCOPE_MISSING, INVALID_ARGUMENT and
   * PLAN_FORBIDDEN for its options; thrown by the iterable: RATE_LIMITED for what would have to wait for more than a minute,
   * those of `Admit` and of the handler.
   */
  stream(
    operation: StreamOperation,
    principal: Principal,
    asker: StreamAsker,
    question: StreamQuestion,
  ): AsyncIterable<StreamPiece>;

  /**
   * Refuses a caller whom no request of the operation could serve now, so that its body need not be read. It charges nothing.
   * Errors: SCOPE_MISSING, RATE_LIMITED.
   */
  refuseEarly(operation: Operation | StreamOperation, principal: Principal): void;
}

/** What the policy works with. */
export interface PolicyDeps {
  readonly handlers: HandlerTable;
  readonly limiter: RateLimiter;
  readonly admissions: Admissions;
  readonly validate: Validate;
  readonly clock: Clock;
}

/**
 * Creates the policy: for every operation, in this order, scope, account, rules of the contract and of the plan, rate, quota. A request
 * that any of them refuses costs nothing. A metered request whose lease holds its units reaches its handler in the same
 * turn, without a promise.
 */
export function createPolicy(deps: PolicyDeps): Policy {
  const { handlers, limiter, admissions, validate, clock } = deps;
  const tellLimits = createTellLimits({ limiter, admissions, clock });

  function runMetered(
    operation: MeteredOperation,
    principal: Principal,
    request: Message,
    asker: Asker,
  ): void {
    const handler = handlerOf(operation, handlers.metered.get(operation.method));
    const admitted = admissions.admit(operation, principal, request);
    if (admitted instanceof Promise) {
      const told = new ToldAsker(asker, (error) => tellLimits(error, operation, principal));
      admitted.then(
        (admission) => handler(request, admission, told),
        (error) => told.fail(isLate(asker.call, clock) ? tooLate(error) : error),
      );
    } else handler(request, admitted, asker);
  }

  async function runFree(
    operation: FreeOperation,
    principal: Principal,
    request: Message,
    asker: Asker,
  ): Promise<void> {
    const handler = handlerOf(operation, handlers.free.get(operation.method));
    const { call } = asker;
    const { takesIdempotencyKey } = operation.access;
    const options = onBehalfOf(call, principal, { clock, takesIdempotencyKey });
    const rates = limiter.ratesOf(principal);
    const rate = rates.test();
    if (!rate.allowed) throw rateLimited(rate, principal);
    rates.charge();
    const answered = handler(request, { principal, call, options });
    const response = await (call.deadlineMs === undefined ? answered : inTime(answered, call));
    const headers = limitHeaders(rate, undefined, clock.wallMs());
    const asCsv = asker.form === "csv" ? handlers.csv.get(operation.method) : undefined;
    asker.answer(freeOutcome(operation, asCsv?.(response) ?? response, headers));
  }

  /** Errors, rejected with: DEADLINE_EXCEEDED for whatever came too late, an error or not. */
  async function inTime(answered: Promise<Uint8Array>, call: Call): Promise<Uint8Array> {
    try {
      const response = await answered;
      if (!isLate(call, clock)) return response;
    } catch (error) {
      throw isLate(call, clock) ? tooLate(error) : error;
    }
    throw tooLate();
  }

  return {
    refuseEarly(operation, principal) {
      requireScope(principal, operation.access.scope);
      try {
        if (isMetered(operation)) admissions.refuseEarly(principal);
      } catch (error) {
        throw tellLimits(error, operation, principal);
      }
    },

    stream(operation, principal, asker, question) {
      requireScope(principal, operation.access.scope);
      validate(operation.method.input, question.options, principal.plan);
      const handler = handlerOf(operation, handlers.streams.get(operation.method));
      const tell = (error: unknown) => tellLimits(error, operation, principal);
      const run = { ...question, operation, principal, asker };
      const waitFor = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal });
      return runStream(run, { admissions, handler, tell, wait: waitFor });
    },

    run(operation, principal, request, asker) {
      try {
        if (isLate(asker.call, clock)) throw tooLate();
        requireScope(principal, operation.access.scope);
        scopeToAccount(operation, request, principal);
        validate(operation.method.input, request, principal.plan);
        if (isMetered(operation)) runMetered(operation, principal, request, asker);
        else {
          const free = operation as FreeOperation;
          runFree(free, principal, request, asker).catch((error) =>
            asker.fail(tellLimits(error, operation, principal)),
          );
        }
      } catch (error) {
        asker.fail(tellLimits(error, operation, principal));
      }
    },
  };
}

const tooLate = (cause?: unknown) => new AppError("DEADLINE_EXCEEDED", { cause });

function handlerOf<H>({ name }: Pick<Operation, "name">, handler: H | undefined): H {
  if (handler === undefined) throw new Error(`${name} has no handler`);
  return handler;
}
