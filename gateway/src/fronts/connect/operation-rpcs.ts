import { create, type Message } from "@bufbuild/protobuf";
import { isGone } from "../../http/exchange.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Operation, StreamOperation } from "../../operations/operation.ts";
import type { AnswerHeaders, Outcome } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import type { StreamRequest } from "../../operations/stream.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import { gathered } from "./gathered.ts";
import { type AnswerFields, type AnswerUnary, type Rpc, streamRpc, unaryRpc } from "./rpc.ts";
import type { RpcCall } from "./rpc-call.ts";

/** Most messages of a stream that are handed on together. */
const PART_MESSAGES_MAX = 1_000;

/** What the RPCs of the operations work with. */
export interface OperationRpcsDeps {
  readonly operations: readonly Operation[];
  readonly streams: readonly StreamOperation[];
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
}

/** Every operation as an RPC. A call is authenticated, and refused where it can be, before its body is read. */
export function operationRpcs(deps: OperationRpcsDeps): Rpc[] {
  return [
    ...deps.operations.map((operation) => operationRpc(operation, deps)),
    ...deps.streams.map((operation) => streamOperationRpc(operation, deps)),
  ];
}

function operationRpc(operation: Operation, { authenticate, policy }: OperationRpcsDeps): Rpc {
  const answerBy =
    (principal: Principal, rpc: RpcCall, fields: AnswerFields): AnswerUnary =>
    async (message) => {
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
      policy.run(operation, principal, message, {
        call: rpc.call,
        form: "message",
        has: () => false,
        get isGone() {
          return isGone(rpc.exchange);
        },
        answer: resolve,
        fail: reject,
      });
      const { body, headers } = await promise;
      if (body.form !== "message") throw new Error(`${operation.name} answered in another form`);
      setHeaders(fields.responseHeader, headers);
      rpc.exchange.answered(200, body.bytes.length);
      return body.bytes;
    };

  return unaryRpc(operation.method, (rpc, fields) => {
    const principal = authenticate(rpc.exchange, operation);
    policy.refuseEarly(operation, principal);
    return answerBy(principal, rpc, fields);
  });
}

/** What the first request says beside its subject holds for the whole stream. */
function streamOperationRpc(
  operation: StreamOperation,
  { authenticate, policy }: OperationRpcsDeps,
): Rpc {
  return streamRpc(operation.method, (rpc, fields) => {
    const principal = authenticate(rpc.exchange, operation);
    policy.refuseEarly(operation, principal);
    const asker = {
      call: rpc.call,
      frame: undefined,
      get isGone() {
        return isGone(rpc.exchange);
      },
    };
    return async function* answer(messages) {
      let bytes = 0;
      const parts = gathered(messages, PART_MESSAGES_MAX)[Symbol.asyncIterator]();
      const first = await parts.next();
      if (first.done === true) return;
      const [options = create(operation.method.input)] = first.value;
      const requests = requestsOf(first.value, parts);
      for await (const piece of policy.stream(operation, principal, asker, { options, requests })) {
        if (bytes === 0) setHeaders(fields.responseHeader, piece.headers);
        for (const response of piece.responses) {
          bytes += response.length;
          yield response;
        }
      }
      rpc.exchange.answered(200, bytes);
    };
  });
}

async function* requestsOf(
  first: readonly Message[],
  parts: AsyncIterator<readonly Message[]>,
): AsyncGenerator<readonly StreamRequest[], void, undefined> {
  const toRequests = (messages: readonly Message[]) => messages.map((message) => ({ message }));
  yield toRequests(first);
  for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
    yield toRequests(next.value);
  }
}

/** Others may have said what the answer varies with. */
function setHeaders(to: Headers, headers: AnswerHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === "vary") to.append(name, value);
    else to.set(name, value);
  }
}
