import type { ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";
import type { OnBehalfOf } from "./on-behalf-of.ts";

/** What a handler may know about its call. */
export interface CallContext {
  /** Aborts when the call is over: cancelled by the caller, past its deadline, or answered. */
  readonly signal: AbortSignal;
  /** The caller's deadline, if it set one. */
  readonly deadline: Date | undefined;
  /** The `x-request-id` that the caller sent. */
  readonly requestId: string | undefined;
  /** `/package.Service/Method`. */
  readonly method: string;
  /** On whose behalf its caller says that it calls; undefined where it does not say. Only of callers that may be believed. */
  readonly onBehalfOf: OnBehalfOf | undefined;
}

/** Answers one request with one response. */
export type UnaryHandler<I, O> = (request: I, context: CallContext) => O | Promise<O>;
/** Answers one request with a stream of responses. */
export type ServerStreamHandler<I, O> = (request: I, context: CallContext) => AsyncIterable<O>;
/** Answers a stream of requests with one response. */
export type ClientStreamHandler<I, O> = (
  requests: AsyncIterable<I>,
  context: CallContext,
) => O | Promise<O>;
/**
 * Gets the raw stream, for its own backpressure. Requests are not validated. It must end the call when the requests end,
 * which is also how a closing server asks for the end. It emits a failure by `call.emit("error", toStatus(error))`: grpc-js
 * sends no status for a destroyed stream.
 */
export type BidiHandler<I, O> = (call: ServerDuplexStream<I, O>, context: CallContext) => void;

type HandlerOf<M> = M extends {
  readonly requestStream: infer Q;
  readonly responseStream: infer R;
  readonly requestDeserialize: (bytes: Buffer) => infer I;
  readonly responseSerialize: (message: infer O) => Buffer;
}
  ? Q extends true
    ? R extends true
      ? BidiHandler<I, O>
      : ClientStreamHandler<I, O>
    : R extends true
      ? ServerStreamHandler<I, O>
      : UnaryHandler<I, O>
  : never;

/** One handler for each method of a service definition. */
export type Handlers<D> = { readonly [K in keyof D]: HandlerOf<D[K]> };

/** A service with its handlers, ready to be served. */
export interface Implemented {
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly handlers: Readonly<Record<string, unknown>>;
  /** Its methods that no deadline of the server ends. */
  readonly unbounded: ReadonlySet<string>;
}

type ServerStreamName<D> = {
  [K in keyof D]: D[K] extends { readonly requestStream: false; readonly responseStream: true }
    ? K
    : never;
}[keyof D] &
  string;

/** What a service may say of its methods. */
export interface ImplementOptions<D> {
  /**
   * Server streams that go on until their caller ends them: the server's longest call does not count for them, they are not
   * timed, and a closing server ends them with OK. Default is none.
   */
  readonly unbounded?: readonly ServerStreamName<D>[];
}

/** Joins a service and its handlers; a missing or wrong handler does not compile. */
export function implement<D extends ServiceDefinition>(
  definition: D,
  handlers: Handlers<D>,
  { unbounded = [] }: ImplementOptions<D> = {},
): Implemented {
  return { name: serviceName(definition), definition, handlers, unbounded: new Set(unbounded) };
}

/** The full name of a service, such as `geomesh.geo.v1.GeoService`. */
function serviceName(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split("/")[1] ?? "";
}
