import type {
  DescMessage,
  DescMethod,
  DescMethodStreaming,
  DescMethodUnary,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { RpcCall } from "./rpc-call.ts";

/** Fields of an answer beside those that every one has, in the form that its protocol gives them. */
export type AnswerFields = Pick<HandlerContext, "responseHeader" | "responseTrailer">;
/** One response: a message, or a message that is serialized already. */
export type RpcResponse<O extends DescMessage = DescMessage> = MessageInitShape<O> | Uint8Array;

/** Answers the one request of a call. Errors, rejected with: any, for `FailRpc`. */
export type AnswerUnary = (request: Message) => Promise<RpcResponse>;
/**
 * Answers a stream. Requests are read as they are asked for, and responses asked for as the client reads them. One that has
 * side effects must hear of `call.signal`, which aborts when the client has gone or its deadline has passed. Errors, thrown by the
 * iterable: any, for `FailRpc`.
 */
export type AnswerStream = (requests: AsyncIterable<Message>) => AsyncIterable<RpcResponse>;

/** Looks at a call before anything of its body is read, and returns what answers it. Errors: any, for `FailRpc`. */
export type Begin<Answer> = (call: RpcCall, fields: AnswerFields) => Answer;

/** An RPC with its implementation. */
export type Rpc =
  | { readonly method: DescMethodUnary; readonly begin: Begin<AnswerUnary> }
  | { readonly method: DescMethodStreaming; readonly begin: Begin<AnswerStream> };

/** True where the RPC has one request and one response. */
export function isUnary(rpc: Rpc): rpc is Extract<Rpc, { method: DescMethodUnary }> {
  return rpc.method.methodKind === "unary";
}

/** An RPC with one request and one response. */
export function unaryRpc<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & DescMethodUnary<I, O>,
  begin: Begin<(request: MessageShape<I>) => Promise<RpcResponse<O>>>,
): Rpc {
  // Requests are decoded by the type that the method takes.
  return { method, begin: begin as unknown as Begin<AnswerUnary> };
}

/** An RPC with a stream of requests, of responses, or of both. One without a stream of responses has exactly one. */
export function streamRpc<I extends DescMessage, O extends DescMessage>(
  method: DescMethodStreaming<I, O>,
  begin: Begin<(requests: AsyncIterable<MessageShape<I>>) => AsyncIterable<RpcResponse<O>>>,
): Rpc {
  return { method, begin: begin as unknown as Begin<AnswerStream> };
}
