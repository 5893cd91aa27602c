import type { Message } from "@bufbuild/protobuf";
import type { Principal } from "../keys/key-table.ts";
import type { RateLimiter } from "../rate/rate-limiter.ts";
import { requireScope, scopeToAccount } from "./account-scope.ts";
import type { Handler } from "./handler.ts";
import { limitHeaders } from "./limit-headers.ts";
import type { Meter } from "./meter.ts";
import type { Call, Operation, Outcome, Policy } from "./operation.ts";
import { rateLimited } from "./rate-limited.ts";
import type { Validate } from "./validate.ts";

export interface PolicyParts {
  readonly authenticate: (credential: string | undefined) => Principal;
  readonly handlers: ReadonlyMap<Operation, Handler>;
  readonly rates: RateLimiter;
  readonly meter: Meter;
  readonly validate: Validate;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Applies, to every operation and in this order: scope, account, rules of the contract, rate, quota.
 * A request refused by any of them costs nothing.
 */
export function createPolicy(parts: PolicyParts): Policy {
  const { authenticate, handlers, rates, meter, validate, now } = parts;

  async function unmetered(handler: Handler, principal: Principal, request: Message, call: Call) {
    const rate = rates.test(principal);
    if (!rate.allowed) throw rateLimited(rate);
    rates.charge(principal);
    const { response } = await handler(request, { principal, call });
    return { response, headers: limitHeaders(rate, undefined, now()) };
  }

  return {
    authenticate: (call) => authenticate(call.credential),

    async invoke(operation, principal, request, call): Promise<Outcome> {
      const handler = handlers.get(operation);
      if (handler === undefined) throw new Error(`${operation.name} has no handler`);
      requireScope(principal, operation.access.scope);
      scopeToAccount(operation.method.input, request, principal);
      validate(operation.method.input, request);
      return operation.access.metered
        ? meter({ operation, handler, principal, request, call })
        : unmetered(handler, principal, request, call);
    },
  };
}
