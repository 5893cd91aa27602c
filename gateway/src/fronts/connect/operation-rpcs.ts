import { create, type Message } from "@bufbuild/protobuf";
import { isGone } from "../../http/exchange.ts";
import { noteStreamed } from "../../http/streamed-bodies.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Operation, StreamOperation } from "../../operations/operation.ts";
import type { AnswerHeaders, Outcome } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import { Owed } from "../owed.ts";
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
  /** Ends all streams when it aborts. */
  readonly leaving: AbortSignal;
  /** Longest pause between messages of a stream while nothing is owed to their client, in milliseconds. */
  readonly pauseMsMax: number;
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
  { authenticate, policy, leaving, pauseMsMax }: OperationRpcsDeps,
): Rpc {
  return streamRpc(operation.method, (rpc, fields) => {
    const principal = authenticate(rpc.exchange, operation);
    policy.refuseEarly(operation, principal);
    noteStreamed(rpc.exchange.request);
    const asker = {
      call: rpc.call,
      frame: undefined,
      leaving,
      get isGone() {
        return isGone(rpc.exchange);
      },
    };
    return async function* answer(messages) {
      const owed = new Owed({ pauseMsMax, leaving });
      const requests = owed.requests(requestsIn(messages));
      const first = await requests.next();
      if (first.done === true) return;
      const options = first.value[0]?.message ?? create(operation.method.input);
      const question = { options, requests: continued(first.value, requests) };
      let bytes = 0;
      for await (const piece of owed.answers(
        policy.stream(operation, principal, asker, question),
      )) {
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

interface MessageRequest {
  readonly message: Message;
}

async function* requestsIn(
  messages: AsyncIterable<Message>,
): AsyncGenerator<readonly MessageRequest[], void, undefined> {
  for await (const some of gathered(messages, PART_MESSAGES_MAX)) {
    yield some.map((message) => ({ message }));
  }
}

/** The first ones, then the rest. */
async function* continued<T>(
  first: T,
  rest: AsyncGenerator<T>,
): AsyncGenerator<T, void, undefined> {
  yield first;
  yield* rest;
}

/** Others may have said what the answer varies with. */
function setHeaders(to: Headers, headers: AnswerHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === "vary") to.append(name, value);
    else to.set(name, value);
  }
}
