import type { Clock } from "@geomesh/runtime/clock";
import { toAppError } from "@geomesh/runtime/errors";
import { reasonRow } from "@geomesh/terms/reasons";
import type { Principal } from "../keys/key-table.ts";
import type { RateLimiter } from "../rate/rate-limiter.ts";
import type { Admissions } from "./admission.ts";
import type { AskedForm, Asker } from "./asker.ts";
import type { Call } from "./call.ts";
import { limitHeaders } from "./limit-headers.ts";
import { LimitRefusal } from "./limit-refusal.ts";
import { isMetered, type Operation, type StreamOperation } from "./operation.ts";
import type { Outcome } from "./outcome.ts";

const TOO_MANY = 429;

/** Any error as it is; a refusal by a limit with where its caller stands. */
export type TellLimits = (
  error: unknown,
  operation: Operation | StreamOperation,
  principal: Principal,
) => unknown;

/** What callers are told their limits by. */
export interface TellLimitsDeps {
  readonly limiter: RateLimiter;
  readonly admissions: Pick<Admissions, "standing">;
  readonly clock: Clock;
}

/** Creates the one place that tells whoever is refused by a limit what a success would have told. It charges nothing. */
export function createTellLimits({ limiter, admissions, clock }: TellLimitsDeps): TellLimits {
  return (error, operation, principal) => {
    const refusal = toAppError(error);
    if (reasonRow(refusal.reason).httpStatus !== TOO_MANY) return error;
    const rate = limiter.ratesOf(principal).test();
    const month = isMetered(operation) ? admissions.standing(principal) : undefined;
    return new LimitRefusal(refusal, limitHeaders(rate, month, clock.wallMs()));
  };
}

/** An asker whose errors are changed on their way. */
export class ToldAsker implements Asker {
  readonly #asker: Asker;
  readonly #told: (error: unknown) => unknown;

  constructor(asker: Asker, told: (error: unknown) => unknown) {
    this.#asker = asker;
    this.#told = told;
  }

  get call(): Call {
    return this.#asker.call;
  }

  get form(): AskedForm {
    return this.#asker.form;
  }

  has(etag: string): boolean {
    return this.#asker.has(etag);
  }

  get isGone(): boolean {
    return this.#asker.isGone;
  }

  answer(outcome: Outcome): void {
    this.#asker.answer(outcome);
  }

  fail(error: unknown): void {
    this.#asker.fail(this.#told(error));
  }
}
