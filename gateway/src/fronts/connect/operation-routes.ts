import { fromBinary, type Message } from "@bufbuild/protobuf";
import { type ConnectRouter, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Clock } from "@geomesh/runtime/clock";
import { isGone } from "../../http/exchange.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Operation } from "../../operations/operation.ts";
import type { Outcome } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import { createDecoder } from "./decode-message.ts";
import type { FailRpc } from "./fail-rpc.ts";
import { readMessage } from "./read-messages.ts";
import { type RpcCall, rpcOf } from "./rpc-call.ts";

/** What the routes of the operations work with. */
export interface OperationRoutesDeps {
  readonly operations: readonly Operation[];
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly failRpc: FailRpc;
}

/** Whose call it is; settled before the body is read. */
const PRINCIPAL = createContextKey<Principal | undefined>(undefined);

/** Adds every operation to a router. A call is authenticated, and refused where it can be, before its body is read. */
export function addOperations(router: ConnectRouter, deps: OperationRoutesDeps): void {
  for (const operation of deps.operations) addOperation(router, operation, deps);
}

function addOperation(
  router: ConnectRouter,
  operation: Operation,
  { authenticate, policy, clock, failRpc }: OperationRoutesDeps,
): void {
  const { method } = operation;
  const decode = createDecoder(method.input);

  async function answer(rpc: RpcCall, context: HandlerContext): Promise<Message> {
    const principal = context.values.get(PRINCIPAL);
    if (principal === undefined) throw new Error("a call was not authenticated first");
    const message = await readMessage(rpc, decode, { clock });
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
    for (const [name, value] of Object.entries(headers)) context.responseHeader.set(name, value);
    rpc.exchange.answered(200, body.bytes.length);
    return fromBinary(method.output, body.bytes);
  }

  function gate(rpc: RpcCall, context: HandlerContext): void {
    const principal = authenticate(rpc.exchange, operation);
    if (rpc.refusal !== undefined) throw rpc.refusal;
    policy.refuseEarly(operation, principal);
    context.values.set(PRINCIPAL, principal);
  }

  const implementation = (_empty: Message, context: HandlerContext) => {
    const rpc = rpcOf(context);
    return answer(rpc, context).catch((error) => failRpc(error, rpc));
  };
  router.rpc(method, implementation, {
    requestGate(context) {
      const rpc = rpcOf(context);
      try {
        gate(rpc, context);
      } catch (error) {
        failRpc(error, rpc);
      }
    },
  });
}
