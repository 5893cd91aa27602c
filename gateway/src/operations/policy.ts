import type { Message } from "@bufbuild/protobuf";
import type { Clock } from "@geomesh/runtime/clock";
import type { Principal } from "../keys/key-table.ts";
import type { RateLimiter } from "../rate/rate-limiter.ts";
import { scopeToAccount } from "./account-scope.ts";
import type { Handler } from "./handler.ts";
import { limitHeaders } from "./limit-headers.ts";
import type { Meter } from "./meter.ts";
import type { Call, Operation, Outcome, Policy } from "./operation.ts";
import { rateLimited } from "./rate-limited.ts";
import { requireScope } from "./scopes.ts";
import type { Validate } from "./validate.ts";

/** What the policy works with. */
export interface PolicyDeps {
  readonly authenticate: (credential: string | undefined) => Principal;
  readonly handlers: ReadonlyMap<Operation, Handler>;
  readonly limiter: RateLimiter;
  readonly meter: Meter;
  readonly validate: Validate;
  readonly clock: Clock;
}

/**
 * Creates the policy: for every operation, in this order, scope, account, rules of the contract, rate, quota. A request
 * that any of them refuses costs nothing.
 */
export function createPolicy(deps: PolicyDeps): Policy {
  const { authenticate, handlers, limiter, meter, validate, clock } = deps;

  async function unmetered(handler: Handler, principal: Principal, request: Message, call: Call) {
    const rates = limiter.ratesOf(principal);
    const rate = rates.test();
    if (!rate.allowed) throw rateLimited(rate);
    rates.charge();
    const { response } = await handler(request, { principal, call });
    return { response, headers: limitHeaders(rate, undefined, clock.wallMs()) };
  }

  return {
    authenticate: (call) => authenticate(call.credential),

    async invoke(operation, principal, request, call): Promise<Outcome> {
      const handler = handlers.get(operation);
      if (handler === undefined) throw new Error(`${operation.name} has no handler`);
      requireScope(principal, operation.access.scope);
      scopeToAccount(operation, request, principal);
      validate(operation.method.input, request);
      const { unitsAsked } = operation.access;
      return unitsAsked === undefined
        ? unmetered(handler, principal, request, call)
        : meter({ operation, handler, principal, request, call, units: unitsAsked(request) });
    },
  };
}
