import { type DescMethod, fromBinary, type Message, type Registry } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  type ContextKey,
  createContextKey,
  type HandlerContext,
} from "@connectrpc/connect";
import type { Clock } from "@geomesh/runtime/clock";
import { createDecoder, type DecodeMessage } from "./decode-message.ts";
import type { FailRpc } from "./fail-rpc.ts";
import { readMessage, readMessages } from "./read-messages.ts";
import {
  type AnswerStream,
  type AnswerUnary,
  type Begin,
  isUnary,
  type Rpc,
  type RpcResponse,
} from "./rpc.ts";
import { type RpcCall, rpcOf } from "./rpc-call.ts";
import { untilLate } from "./until-late.ts";

/** What RPCs are served with. */
export interface AddRpcsDeps {
  readonly clock: Clock;
  readonly failRpc: FailRpc;
  /** Largest message of a request, in bytes. */
  readonly messageBytesMax: number;
  /** The messages that a google.protobuf.Any may hold in JSON; undefined for none. */
  readonly registry: Registry | undefined;
}

type Stream = Extract<Rpc, { begin: Begin<AnswerStream> }>;
type Unary = Extract<Rpc, { begin: Begin<AnswerUnary> }>;

/** What answers a call, from its head to its messages. */
const ANSWER_UNARY = createContextKey<AnswerUnary | undefined>(undefined);
const ANSWER_STREAM = createContextKey<AnswerStream | undefined>(undefined);

/**
 * Adds RPCs to a router of Connect. A call begins before its body is read; then what is wrong with its head is told. The
 * messages of a stream are read one at a time, and it ends with DEADLINE_EXCEEDED at the client's deadline, whoever waits for
 * whom; an implementation of one call with one message minds the deadline itself.
 */
export function addRpcs(router: ConnectRouter, rpcs: readonly Rpc[], deps: AddRpcsDeps): void {
  for (const rpc of rpcs) {
    if (isUnary(rpc)) addUnary(router, rpc, deps);
    else addStream(router, rpc, deps);
  }
}

function addUnary(router: ConnectRouter, { method, begin }: Unary, deps: AddRpcsDeps): void {
  const { failRpc, registry } = deps;
  const decode = createDecoder(method.input, registry);

  async function answer(rpc: RpcCall, context: HandlerContext): Promise<Message> {
    const answerUnary = begunOf(context, ANSWER_UNARY);
    const request = await readMessage(rpc, decode, deps);
    return toMessage(method, await answerUnary(request));
  }

  const implementation = (_empty: Message, context: HandlerContext) => {
    const rpc = rpcOf(context);
    return answer(rpc, context).catch((error) => failRpc(error, rpc));
  };
  const requestGate = createGate(begin, ANSWER_UNARY, deps);
  router.rpc(method, implementation as never, { requestGate });
}

function addStream(router: ConnectRouter, { method, begin }: Stream, deps: AddRpcsDeps): void {
  const { clock, failRpc, registry } = deps;
  const decode = createDecoder(method.input, registry);
  const hasOneRequest = method.methodKind === "server_streaming";

  async function* answer(_empty: unknown, context: HandlerContext): AsyncGenerator<Message> {
    const rpc = rpcOf(context);
    const requests = hasOneRequest
      ? theOnlyOne(rpc, decode, deps)
      : readMessages(rpc, decode, deps);
    try {
      const responses = begunOf(context, ANSWER_STREAM)(requests);
      for await (const response of untilLate(responses, rpc.call, clock)) {
        yield toMessage(method, response);
      }
    } catch (error) {
      failRpc(error, rpc);
    } finally {
      // It may still wait for the client, and then ends with the call: nobody is left to hear how.
      requests.return(undefined).catch(() => undefined);
    }
  }

  const hasOneResponse = method.methodKind === "client_streaming";
  const implementation = hasOneResponse
    ? (empty: unknown, context: HandlerContext) => onlyResponse(answer(empty, context))
    : answer;
  const requestGate = createGate(begin, ANSWER_STREAM, deps);
  router.rpc(method, implementation as never, { requestGate });
}

function createGate<Answer>(
  begin: Begin<Answer>,
  key: ContextKey<Answer | undefined>,
  { failRpc }: AddRpcsDeps,
): (context: HandlerContext) => void {
  return (context) => {
    const rpc = rpcOf(context);
    try {
      const answer = begin(rpc, context);
      if (rpc.refusal !== undefined) throw rpc.refusal;
      context.values.set(key, answer);
    } catch (error) {
      failRpc(error, rpc);
    }
  };
}

function begunOf<Answer>(
  { values }: HandlerContext,
  key: ContextKey<Answer | undefined>,
): NonNullable<Answer> {
  const answer = values.get(key);
  if (answer === undefined || answer === null) throw new Error("a call did not begin");
  return answer;
}

async function* theOnlyOne(
  rpc: RpcCall,
  decode: DecodeMessage,
  deps: AddRpcsDeps,
): AsyncGenerator<Message> {
  yield await readMessage(rpc, decode, deps);
}

async function onlyResponse(responses: AsyncIterable<Message>): Promise<Message> {
  const all = await Array.fromAsync(responses);
  const [first] = all;
  if (first === undefined || all.length > 1) throw new Error(`${all.length} responses, not one`);
  return first;
}

/** Connect's handlers serialize messages themselves. What they are given in part, they complete. */
function toMessage({ output }: DescMethod, response: RpcResponse): Message {
  return response instanceof Uint8Array ? fromBinary(output, response) : (response as Message);
}
