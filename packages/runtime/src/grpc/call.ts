import {
  type ClientReadableStream,
  type CallOptions as GrpcCallOptions,
  type Client as GrpcClient,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { SYSTEM_CLOCK } from "../clock.ts";
import type { AppError } from "../errors.ts";
import { fromServiceError, upstreamUnavailable } from "./status.ts";

/** What a single call may choose. */
export interface CallOptions {
  /** Milliseconds from now; default is that of the client. `Infinity` is for a stream that its caller ends. */
  readonly deadlineMs?: number;
  /** Milliseconds that whoever waits for the call has left: its deadline is no later. Default is no bound. */
  readonly leftMs?: number;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  /** Bytes for names that end in `-bin`. */
  readonly metadata?: Readonly<Record<string, string | Buffer>>;
  /** Waits for a peer that can be reached, as long as the call may last; default fails while none can be. */
  readonly waitForReady?: boolean;
}

/** What holds for all calls of a client. */
export interface CallDefaults {
  /** Of calls that do not set their own, in milliseconds; duplex streams have none. */
  readonly deadlineMs: number;
  /** Sent as `authorization: Bearer <token>`; undefined sends nothing. */
  readonly token: string | undefined;
  /** Hears of the end of each call but duplex streams; default is nobody. */
  readonly onEnd?: ((path: string, code: status) => void) | undefined;
}

/**
 * One method as a function that returns a promise, an async iterable or a duplex stream, by the kind of the method. Failures
 * of the first two are AppErrors.
 */
export function callOf(
  channel: GrpcClient,
  method: MethodDefinition<object, object>,
  { deadlineMs, token, onEnd = () => undefined }: CallDefaults,
) {
  const { path, requestSerialize, responseDeserialize } = method;
  // grpc-js holds a deadline against the clock of the machine.
  const until = (ms: number, leftMs = Number.POSITIVE_INFINITY): GrpcCallOptions => ({
    deadline: SYSTEM_CLOCK.wallMs() + Math.min(ms, leftMs),
  });
  if (method.requestStream) {
    return (options: CallOptions = {}) => {
      const call = channel.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadataOf(options, token),
        options.deadlineMs === undefined ? {} : until(options.deadlineMs),
      );
      call.once("close", cancelOn(options.signal, call));
      return call;
    };
  }
  if (method.responseStream) {
    return (request: object, options: CallOptions = {}) =>
      readAll(
        options.signal,
        (code) => onEnd(path, code),
        () =>
          channel.makeServerStreamRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            metadataOf(options, token),
            until(options.deadlineMs ?? deadlineMs, options.leftMs),
          ),
      );
  }
  return (request: object, options: CallOptions = {}) =>
    new Promise<object>((resolve, reject) => {
      const call = channel.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadataOf(options, token),
        until(options.deadlineMs ?? deadlineMs, options.leftMs),
        (error, response) => {
          forget();
          onEnd(path, error?.code ?? status.OK);
          if (error === null && response !== undefined) resolve(response);
          else reject(failureOf(error, options.signal));
        },
      );
      const forget = cancelOn(options.signal, call);
    });
}

async function* readAll(
  signal: AbortSignal | undefined,
  onEnd: (code: status) => void,
  open: () => ClientReadableStream<object>,
): AsyncGenerator<object> {
  const stream = open();
  const forget = cancelOn(signal, stream);
  let code = status.OK;
  try {
    for await (const message of stream) yield message;
  } catch (error) {
    code = (error as Partial<ServiceError>).code ?? status.UNKNOWN;
    throw failureOf(error, signal);
  } finally {
    forget();
    onEnd(code);
    stream.cancel();
  }
}

/** A peer that breaks off looks like a cancelled call; the caller's own signal distinguishes the two. */
function failureOf(error: unknown, signal: AbortSignal | undefined): AppError {
  const failure = fromServiceError(error);
  return failure.kind === "cancelled" && !signal?.aborted ? upstreamUnavailable(error) : failure;
}

/** Cancels the call when the signal aborts, until the returned function is called. */
function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  const cancel = () => call.cancel();
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return () => signal?.removeEventListener("abort", cancel);
}

function metadataOf(
  { metadata, waitForReady = false }: CallOptions,
  token: string | undefined,
): Metadata {
  const result = new Metadata({ waitForReady });
  if (token !== undefined) result.set("authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(metadata ?? {})) result.set(name, value);
  return result;
}
