import type {
  DescMethodBiDiStreaming,
  DescMethodUnary,
  DescService,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallOptions } from "@geomesh/runtime/grpc/client";
import type { Principal } from "../keys/key-table.ts";
import type { Admitted } from "./admission.ts";
import type { Asker } from "./asker.ts";
import type { Call } from "./call.ts";
import type { CsvResponse } from "./outcome.ts";
import type { StreamHandler } from "./stream.ts";

/** What a handler knows beside the request message. */
export interface Context {
  readonly principal: Principal;
  readonly call: Call;
  /** Of calls to other services on behalf of the request. */
  readonly options: CallOptions;
}

/**
 * Answers an operation that costs nothing by its serialized response: validate, act, return. Everything else is done
 * around it. Errors: AppError.
 */
export type FreeHandler<M extends DescMethodUnary = DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  context: Context,
) => Promise<Uint8Array>;

/** Runs a metered operation that was admitted. It pays what is unpaid, records the admission once, then answers the asker;
 * it never throws. */
export type MeteredHandler<M extends DescMethodUnary = DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  admitted: Admitted,
  asker: Asker,
) => void;

type Unary<
  S extends DescService,
  K extends keyof S["method"],
> = S["method"][K] extends DescMethodUnary ? S["method"][K] : never;

/** Handlers for some RPCs of a service that cost nothing, typed by its contract. */
export type FreeHandlers<S extends DescService> = {
  readonly [K in keyof S["method"] as S["method"][K] extends DescMethodUnary
    ? K
    : never]?: FreeHandler<Unary<S, K>>;
};

/** Handlers for some metered RPCs of a service, typed by its contract. */
export type MeteredHandlers<S extends DescService> = {
  readonly [K in keyof S["method"] as S["method"][K] extends DescMethodUnary
    ? K
    : never]?: MeteredHandler<Unary<S, K>>;
};

/** Writes the serialized response of an operation that costs nothing as CSV. */
export type CsvWriter = (response: Uint8Array) => CsvResponse;

/** The handler of every operation. */
export interface HandlerTable {
  readonly free: ReadonlyMap<DescMethodUnary, FreeHandler>;
  /** Of those operations in `free` that are also answered by CSV. */
  readonly csv: ReadonlyMap<DescMethodUnary, CsvWriter>;
  readonly metered: ReadonlyMap<DescMethodUnary, MeteredHandler>;
  readonly streams: ReadonlyMap<DescMethodBiDiStreaming, StreamHandler>;
}
