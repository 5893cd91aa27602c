import { type DescMethodUnary, type Message, toBinary } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, durationMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@geomesh/runtime/grpc/client";
import type { FreeHandler } from "../operations/handler.ts";

/** For the call itself, beside the wait that its client asks for. */
const CALL_MS_MAX = 5_000;
/** The longest wait that a contract allows. */
const WAIT_MS_MAX = 30_000;

type UnaryCall = (request: Message, options: CallOptions) => Promise<Message>;

/**
 * Forwards a request to the service that owns the operation. Where the request has a `wait`, for which the service may wait before it
 * answers, it gets that time too. Errors: those of the service; at once, Error for a client that lacks the method.
 */
export function forward(client: unknown, method: DescMethodUnary): FreeHandler {
  const call = (client as Record<string, UnaryCall>)[method.localName];
  if (call === undefined) throw new Error(`no client for ${method.parent.typeName}/${method.name}`);
  const waitOf = waitReader(method);
  return async (request, { options }) => {
    const wait = waitOf(request);
    const withTime = wait === undefined ? options : { ...options, deadlineMs: timeFor(wait) };
    return toBinary(method.output, await call(request, withTime));
  };
}

/** Reads the Duration `wait` of a method's requests, if they have one. */
function waitReader({ input }: DescMethodUnary): (request: Message) => Duration | undefined {
  const { wait } = input.field;
  if (wait?.message?.typeName !== DurationSchema.typeName) return () => undefined;
  return (request) => (request as Message & { wait?: Duration }).wait;
}

function timeFor(wait: Duration): number {
  return CALL_MS_MAX + Math.min(Math.max(durationMs(wait), 0), WAIT_MS_MAX);
}
