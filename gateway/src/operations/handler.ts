import type { DescMethodUnary, DescService, Message, MessageShape } from "@bufbuild/protobuf";
import type { Principal } from "../keys/key-table.ts";
import type { Call } from "./operation.ts";

/** What a handler knows beside the request. */
export interface Context {
  readonly principal: Principal;
  readonly call: Call;
}

/** An answer and what it costs. */
export interface Answer<Response extends Message = Message> {
  readonly response: Response;
  /** Addresses answered; 0 for an operation that is not metered. */
  readonly units: number;
}

/** Validate, act, return: everything else is done around it. Throws AppError. */
export type Handler<M extends DescMethodUnary = DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  context: Context,
) => Promise<Answer<MessageShape<M["output"]>>>;

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
