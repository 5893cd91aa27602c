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
  Client as GrpcClient,
  type MethodDefinition,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import type { Upstream } from "../trust/upstream.ts";
import { type CallOptions, callOf } from "./call.ts";
import { channelOptions, target } from "./channel.ts";
import { channelCredentials } from "./channel-credentials.ts";
import type { ClientMetrics } from "./client-metrics.ts";
import { esDefinition } from "./es-definition.ts";
import { type RetriedMethod, retriedMethods, retriedMethodsOf } from "./retries.ts";

export type { CallOptions } from "./call.ts";

/** How a client reaches its peer. A name with several addresses is used in turn. */
export interface ClientOptions extends Upstream {
  /** Deadline of calls that do not set their own; bidirectional streams have none. */
  readonly deadlineMs: number;
  /**
   * How much the peer may send before this process has read it, for each stream and for all of a connection, in bytes. Default
   * is HTTP/2's own, 65,535, by which a larger answer waits for a round trip each 64 KiB.
   */
  readonly receiveWindowBytes?: number;
  /** Counts the calls; default is nobody. */
  readonly metrics?: ClientMetrics;
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
export type EsClient<S extends DescService> = {
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
export type TsProtoClient<D> = { readonly [K in keyof D]: TypedCall<D[K]> } & { close(): void };

/**
 * Makes a client with protobuf-es messages over a grpc-js channel. Methods whose contract says that they have no side
 * effects, or that they are idempotent, are tried up to three times while the peer is unavailable.
 */
export function createEsClient<S extends DescService>(
  service: S,
  options: ClientOptions,
): EsClient<S> {
  return build(esDefinition(service), retriedMethods(service), options) as EsClient<S>;
}

/**
 * Makes a client for a service definition of ts-proto, or any other of grpc-js, with the messages of that definition.
 * Retries as `createEsClient` does, by the contract of the same service name.
 */
export function createTsProtoClient<D extends ServiceDefinition>(
  definition: D,
  options: ClientOptions,
): TsProtoClient<D> {
  const path = Object.values(definition)[0]?.path ?? "";
  const retried = retriedMethodsOf(path.split("/")[1] ?? "");
  return build(definition, retried, options) as TsProtoClient<D>;
}

function build(
  definition: ServiceDefinition,
  retried: readonly RetriedMethod[],
  { address, token, tls, deadlineMs, receiveWindowBytes, metrics }: ClientOptions,
): object {
  const channel = new GrpcClient(
    target(address),
    channelCredentials(tls),
    channelOptions({ address, retried, receiveWindowBytes }),
  );
  const calls = Object.entries(definition).map(([name, method]) => [
    name,
    callOf(channel, method as MethodDefinition<object, object>, {
      ...{ deadlineMs, token },
      onEnd: metrics?.ended,
    }),
  ]);
  return { ...Object.fromEntries(calls), close: () => channel.close() };
}
