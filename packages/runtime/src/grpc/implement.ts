import type { MethodDefinition, ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";

/** What a handler knows of its call beside the request. */
export interface CallContext {
  /** The full method, such as `/geomesh.geo.v1.GeoService/GetLocation`. */
  readonly method: string;
  /** Aborts when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal;
  readonly deadline: Date | undefined;
  /** From the metadata `x-request-id`. */
  readonly requestId: string | undefined;
}

interface Method<Q extends boolean, R extends boolean> {
  readonly requestStream: Q;
  readonly responseStream: R;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
}
type Request<M> = M extends { requestDeserialize: (bytes: Buffer) => infer I } ? I : never;
type Response<M> = M extends { responseSerialize: (value: infer O) => Buffer } ? O : never;

type HandlerOf<M> =
  M extends Method<false, false>
    ? (request: Request<M>, context: CallContext) => Promise<Response<M>> | Response<M>
    : M extends Method<false, true>
      ? (request: Request<M>, context: CallContext) => AsyncIterable<Response<M>>
      : M extends Method<true, false>
        ? (requests: AsyncIterable<Request<M>>, context: CallContext) => Promise<Response<M>>
        : (call: ServerDuplexStream<Request<M>, Response<M>>, context: CallContext) => void;

/** One handler for each RPC of a ts-proto service definition, typed by it. */
export type HandlersOf<D> = { readonly [K in keyof D]: HandlerOf<D[K]> };

/** A service with its handlers, ready for `startGrpcServer`. */
export interface Implemented {
  readonly typeName: string;
  readonly methods: readonly {
    definition: MethodDefinition<unknown, unknown>;
    handler: AnyHandler;
  }[];
}

// biome-ignore lint/suspicious/noExplicitAny: the types are settled where `implement` is called
export type AnyHandler = (...args: any[]) => any;

/** Binds handlers to a service. A missing handler or a wrong type does not compile. */
export function implement<D extends Readonly<Record<string, unknown>>>(
  definition: D,
  handlers: HandlersOf<D>,
): Implemented {
  const methods = Object.entries(definition as unknown as ServiceDefinition).map(
    ([name, method]) => ({
      definition: method as MethodDefinition<unknown, unknown>,
      handler: handlers[name as keyof D] as AnyHandler,
    }),
  );
  return { typeName: methods[0]?.definition.path.split("/")[1] ?? "", methods };
}
