import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { type MethodDefinition, type StatusObject, status } from "@grpc/grpc-js";
import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Caller } from "../trust/callers.ts";
import type { Identify } from "../trust/identify.ts";
import { type AnyServerCall, OpenCall } from "./open-call.ts";
import type { CallTimer, ServerMetrics } from "./server-metrics.ts";
import { toStatus } from "./status.ts";
import type { CheckRequest } from "./validation.ts";

/** What all methods of a server share. */
export interface ServerScope {
  readonly log: Log;
  readonly metrics: ServerMetrics;
  /** While false, calls are refused as unavailable. */
  readonly isServing: () => boolean;
  /** Who may call a method: whoever its contract names. */
  readonly callersOf: (path: string) => ReadonlySet<Caller>;
  readonly identify: Identify;
  /** The check of a method's requests, if its contract has rules. */
  readonly checkOf: (path: string) => CheckRequest | undefined;
  /** Longest call, in milliseconds; bidirectional and unbounded streams may last longer. */
  readonly callDeadlineMsMax: number;
  /** How to end the streams that would otherwise outlive a closing server. */
  readonly endlessStreams: Set<() => void>;
}

const RETRY_AFTER_MS = 1_000;

type Method = MethodDefinition<object, object>;

/** One method as it is served: checked requests in, encoded responses out, every failure mapped in one place. */
export class BoundMethod {
  readonly encode: (response: object) => Buffer;
  readonly scope: ServerScope;
  readonly isUnbounded: boolean;
  readonly #path: string;
  readonly #parse: (bytes: Buffer) => object;
  /** Undefined where anyone may call. */
  readonly #callers: ReadonlySet<Caller> | undefined;
  readonly #check: CheckRequest | undefined;
  readonly #startTimer: CallTimer;

  /** An unbounded method has no deadline but its caller's. */
  constructor(method: Method, scope: ServerScope, isUnbounded: boolean) {
    const isBidi = method.requestStream && method.responseStream;
    this.scope = scope;
    this.isUnbounded = isUnbounded;
    this.encode = method.responseSerialize;
    this.#path = method.path;
    this.#parse = method.requestDeserialize;
    const callers = scope.callersOf(method.path);
    this.#callers = callers.has(Access_Caller.ANYONE) ? undefined : callers;
    this.#check = isBidi ? undefined : scope.checkOf(method.path);
    this.#startTimer = scope.metrics.timerOf(method.path, !isBidi && !isUnbounded);
  }

  /** Lets a call in, before its request is read. Errors: CALLER_UNKNOWN, CALLER_FORBIDDEN, NOT_SERVING. */
  admit(call: AnyServerCall): void {
    if (this.#callers !== undefined) this.#requireCaller(call, this.#callers);
    if (this.scope.isServing()) return;
    throw new AppError("NOT_SERVING", { retryAfterMs: RETRY_AFTER_MS });
  }

  #requireCaller(call: AnyServerCall, allowed: ReadonlySet<Caller>): void {
    const caller = this.scope.identify(call);
    if (allowed.has(caller)) return;
    throw new AppError(caller === Access_Caller.ANYONE ? "CALLER_UNKNOWN" : "CALLER_FORBIDDEN");
  }

  /** The request in the given bytes. Errors: MALFORMED_REQUEST; INVALID_ARGUMENT when it breaks the rules of its contract. */
  decode(bytes: Buffer): object {
    let request: object;
    try {
      request = this.#parse(bytes);
    } catch (cause) {
      throw new AppError("MALFORMED_REQUEST", { cause });
    }
    this.#check?.(bytes);
    return request;
  }

  /** Begins a call and its timer. */
  open(call: AnyServerCall): OpenCall {
    return new OpenCall(this.#path, call, this.#startTimer());
  }

  /** Ends a call with an error, unless it is over. What is not an AppError is masked and logged. */
  fail(call: OpenCall, error: unknown, send: (status: StatusObject) => void): void {
    const failure = toStatus(error);
    if (!call.end(failure.code)) return;
    if (failure.code === status.INTERNAL) {
      const { method, requestId } = call;
      this.scope.log.error({ err: error, method, request_id: requestId }, "call failed");
    }
    send(failure);
  }

  /** Ends the call if it lasts longer than the server allows, unless the method is unbounded. */
  limit(call: OpenCall, send: (status: StatusObject) => void): void {
    if (this.isUnbounded) return;
    call.limit(this.scope.callDeadlineMsMax, () =>
      this.fail(call, new AppError("DEADLINE_EXCEEDED"), send),
    );
  }
}
