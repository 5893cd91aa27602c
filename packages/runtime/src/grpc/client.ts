import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  type ClientDuplexStream,
  credentials,
  Client as GrpcClient,
  type MethodDefinition,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { type CallOptions, callOf } from "./call.ts";
import { channelOptions, target } from "./channel.ts";
import { esDefinition } from "./es-definition.ts";

export type { CallOptions } from "./call.ts";

export interface ClientOptions {
  /** `host:port`; a name with several addresses is used in turn. */
  readonly address: string;
  /** For calls that do not say otherwise. Streams that live on have none. */
  readonly deadlineMs: number;
  /** Methods that may be retried when the peer is unavailable, such as `GetAccount`. */
  readonly idempotent?: readonly string[];
}

type Message = DescMessage;
type UnaryCall<I, O> = (request: I, options?: CallOptions) => Promise<O>;
type StreamCall<I, O> = (request: I, options?: CallOptions) => AsyncIterable<O>;
type DuplexCall<I, O> = (options?: CallOptions) => ClientDuplexStream<I, O>;

type EsCall<M> =
  M extends DescMethodUnary<infer I extends Message, infer O extends Message>
    ? UnaryCall<MessageInitShape<I>, MessageShape<O>>
    : M extends DescMethodServerStreaming<infer I extends Message, infer O extends Message>
      ? StreamCall<MessageInitShape<I>, MessageShape<O>>
      : M extends DescMethodBiDiStreaming<infer I extends Message, infer O extends Message>
        ? DuplexCall<MessageShape<I>, MessageShape<O>>
        : never;

/** A client typed by a protobuf-es service. Every failure is an AppError. */
export type Client<S extends DescService> = {
  readonly [K in keyof S["method"]]: EsCall<S["method"][K]>;
} & { close(): void };

type TypedCall<M> = M extends {
  readonly requestStream: infer Q;
  readonly responseStream: infer R;
  readonly requestDeserialize: (bytes: Buffer) => infer I;
  readonly responseDeserialize: (bytes: Buffer) => infer O;
}
  ? Q extends true
    ? DuplexCall<I, O>
    : R extends true
      ? StreamCall<I, O>
      : UnaryCall<I, O>
  : never;

/** A client typed by a ts-proto service definition. Every failure is an AppError. */
export type TypedClient<D> = { readonly [K in keyof D]: TypedCall<D[K]> } & { close(): void };

/** A client with protobuf-es messages over a grpc-js channel. */
export function createGrpcClient<S extends DescService>(
  service: S,
  options: ClientOptions,
): Client<S> {
  return build(service.typeName, esDefinition(service), options) as Client<S>;
}

/** A client with ts-proto messages over a grpc-js channel. */
export function createTypedClient<D extends ServiceDefinition>(
  definition: D,
  options: ClientOptions,
): TypedClient<D> {
  const path = Object.values(definition)[0]?.path ?? "";
  return build(path.split("/")[1] ?? "", definition, options) as TypedClient<D>;
}

function build(service: string, definition: ServiceDefinition, options: ClientOptions): object {
  const retry = { service, idempotent: options.idempotent ?? [] };
  const channel = new GrpcClient(
    target(options.address),
    credentials.createInsecure(),
    channelOptions(retry),
  );
  const calls = Object.entries(definition).map(([name, method]) => [
    name,
    callOf(channel, method as MethodDefinition<object, object>, options.deadlineMs),
  ]);
  return { ...Object.fromEntries(calls), close: () => channel.close() };
}
