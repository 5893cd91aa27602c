import { fromBinary, type Message } from "@bufbuild/protobuf";
import { type ConnectRouter, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { toAppError } from "@geomesh/runtime/errors";
import { reasonRow } from "@geomesh/terms/reasons";
import { type Exchange, isGone } from "../../http/exchange.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Call } from "../../operations/call.ts";
import type { Operation } from "../../operations/operation.ts";
import type { Outcome } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import type { Failures } from "../../telemetry/failures.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import { toConnectError } from "./connect-error.ts";

/** What the routes of the operations work with. */
export interface OperationRoutesDeps {
  readonly operations: readonly Operation[];
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
  readonly failures: Failures;
}

/** Whose call it is; settled before the body is read. */
interface Caller {
  readonly exchange: Exchange;
  readonly call: Call;
  readonly principal: Principal;
}

/** The request that a call came with, which the front sets. */
export const EXCHANGE = createContextKey<Exchange | undefined>(undefined);
const CALLER = createContextKey<Caller | undefined>(undefined);

/**
 * Creates a function that adds every operation to a router. A call is authenticated, and a caller whom no call could serve now
 * is refused, before its body is read.
 */
export function createOperationRoutes(deps: OperationRoutesDeps): (router: ConnectRouter) => void {
  const { operations, authenticate, policy, failures } = deps;

  function gate(operation: Operation, context: HandlerContext): void {
    const exchange = known(context.values.get(EXCHANGE));
    const { signal } = context;
    const call: Call = {
      signal,
      get clientAddress() {
        return exchange.clientAddress;
      },
      requestId: exchange.requestId,
      deadlineMs: context.timeoutMs(),
    };
    const principal = authenticate(exchange);
    policy.refuseEarly(operation, principal);
    context.values.set(CALLER, { exchange, call, principal });
  }

  async function answer(operation: Operation, message: Message, context: HandlerContext) {
    const { exchange, call, principal } = known(context.values.get(CALLER));
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    policy.run(operation, principal, message, {
      call,
      form: "message",
      get isGone() {
        return call.signal.aborted || isGone(exchange);
      },
      answer: resolve,
      fail: reject,
    });
    const { body, headers } = await promise;
    if (body.form !== "message") throw new Error(`${operation.name} answered in another form`);
    for (const [name, value] of Object.entries(headers)) context.responseHeader.set(name, value);
    exchange.answered(200, body.bytes.length);
    return fromBinary(operation.method.output, body.bytes);
  }

  function fail(error: unknown, context: HandlerContext): never {
    const appError = toAppError(error);
    const exchange = known(context.values.get(EXCHANGE));
    const { requestId, meter } = exchange;
    exchange.reason = appError.reason;
    failures.note(appError, { requestId, operation: meter.operation });
    exchange.answered(reasonRow(appError.reason).httpStatus, 0);
    throw toConnectError(appError);
  }

  return (router) => {
    for (const operation of operations) {
      const implementation = (message: Message, context: HandlerContext) =>
        answer(operation, message, context).catch((error) => fail(error, context));
      router.rpc(operation.method, implementation, {
        requestGate(context) {
          try {
            gate(operation, context);
          } catch (error) {
            fail(error, context);
          }
        },
      });
    }
  };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a call was not authenticated first");
  return value;
}
