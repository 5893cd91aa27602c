import type { ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";

/** What a handler may know of the call it answers. */
export interface CallContext {
  /** Aborts when the call is over: cancelled by the caller, past its deadline, or answered. */
  readonly signal: AbortSignal;
  /** When the caller gives up, if it said so. */
  readonly deadline: Date | undefined;
  /** The `x-request-id` that the caller sent. */
  readonly requestId: string | undefined;
  /** `/package.Service/Method` */
  readonly method: string;
}

export type UnaryHandler<I, O> = (request: I, context: CallContext) => O | Promise<O>;
export type ServerStreamHandler<I, O> = (request: I, context: CallContext) => AsyncIterable<O>;
export type ClientStreamHandler<I, O> = (
  requests: AsyncIterable<I>,
  context: CallContext,
) => O | Promise<O>;
/**
 * Gets the raw stream, for its own backpressure. Requests are not validated. It ends the call when the requests end:
 * that is also how a closing server tells it to. A failure is emitted, `call.emit("error", toStatus(error))`: grpc-js
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
}

/** Binds a service to its handlers; a missing or wrong one does not compile. */
export function implement<D extends ServiceDefinition>(
  definition: D,
  handlers: Handlers<D>,
): Implemented {
  return { name: serviceName(definition), definition, handlers };
}

/** The full name of a service, such as `geomesh.geo.v1.GeoService`. */
function serviceName(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split("/")[1] ?? "";
}
