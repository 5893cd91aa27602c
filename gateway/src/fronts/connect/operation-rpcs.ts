import { isGone } from "../../http/exchange.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Operation } from "../../operations/operation.ts";
import type { Outcome } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import { type AnswerFields, type AnswerUnary, type Rpc, unaryRpc } from "./rpc.ts";
import type { RpcCall } from "./rpc-call.ts";

/** What the RPCs of the operations work with. */
export interface OperationRpcsDeps {
  readonly operations: readonly Operation[];
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
}

/** Every operation as an RPC. A call is authenticated, and refused where it can be, before its body is read. */
export function operationRpcs(deps: OperationRpcsDeps): Rpc[] {
  return deps.operations.map((operation) => operationRpc(operation, deps));
}

function operationRpc(operation: Operation, { authenticate, policy }: OperationRpcsDeps): Rpc {
  const answerBy =
    (principal: Principal, rpc: RpcCall, fields: AnswerFields): AnswerUnary =>
    async (message) => {
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
      policy.run(operation, principal, message, {
        call: rpc.call,
        form: "message",
        get isGone() {
          return isGone(rpc.exchange);
        },
        answer: resolve,
        fail: reject,
      });
      const { body, headers } = await promise;
      if (body.form !== "message") throw new Error(`${operation.name} answered in another form`);
      for (const [name, value] of Object.entries(headers)) fields.responseHeader.set(name, value);
      rpc.exchange.answered(200, body.bytes.length);
      return body.bytes;
    };

  return unaryRpc(operation.method, (rpc, fields) => {
    const principal = authenticate(rpc.exchange, operation);
    policy.refuseEarly(operation, principal);
    return answerBy(principal, rpc, fields);
  });
}
