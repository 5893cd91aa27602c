import type { DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf";
import type { Principal } from "../keys/key-table.ts";
import type { Call } from "./operation.ts";

/** What a handler knows beside the request message. */
export interface Context {
  readonly principal: Principal;
  readonly call: Call;
}

/** A response and what it costs. */
export interface Answer {
  /** The serialized response of the RPC. */
  readonly response: Uint8Array;
  /** Addresses located; 0 for an operation that is not metered. */
  readonly units: number;
}

/** Answers an operation: validate, act, return. Everything else is done around it. Errors: AppError. */
export type Handler<M extends DescMethodUnary = DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  context: Context,
) => Promise<Answer>;

type Unary<
  S extends DescService,
  K extends keyof S["method"],
> = S["method"][K] extends DescMethodUnary ? S["method"][K] : never;

/** Handlers for some RPCs of a service, typed by its contract. */
export type Handlers<S extends DescService> = {
  readonly [K in keyof S["method"] as S["method"][K] extends DescMethodUnary ? K : never]?: Handler<
    Unary<S, K>
  >;
};
