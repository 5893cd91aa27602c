import type { Clock } from "@geomesh/runtime/clock";
import type { CallOptions } from "@geomesh/runtime/grpc/client";
import { onBehalfOfMetadata } from "@geomesh/runtime/grpc/on-behalf-of";
import type { Principal } from "../keys/key-table.ts";

/** What a front knows of a request beside its message. */
export interface Call {
  /** In canonical text form; an IPv4-mapped address as IPv4. */
  readonly clientAddress: string;
  readonly requestId: string;
  /** The language that its client likes best of those that are answered; undefined where it says none. */
  readonly language: string | undefined;
  /**
   * What its client names a request by that it may send again: its `Idempotency-Key`; empty where it does not. It is read when
   * it is asked for. Errors: INVALID_ARGUMENT.
   */
  readonly idempotencyKey: string;
  /** By which calls on its behalf carry its trace on: `traceparent` of W3C Trace Context, and perhaps `tracestate`. */
  readonly traceHeaders: Readonly<Record<string, string>>;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** When the client no longer waits, by the monotonic clock in milliseconds; undefined where it does not say so. */
  readonly deadlineMs?: number | undefined;
}

/** What calls to other services are made with. */
export interface OnBehalfOfDeps {
  readonly clock: Clock;
  /** True where the operation takes an `Idempotency-Key`; others ignore it. */
  readonly takesIdempotencyKey: boolean;
}

/**
 * How other services are called on behalf of a request: with its id, its trace and who asks, and no longer than its client
 * waits. A millisecond more than that, so that the client's deadline has passed where theirs has. Errors: INVALID_ARGUMENT
 * for a malformed `Idempotency-Key`.
 */
export function onBehalfOf(
  call: Call,
  { key, account }: Principal,
  { clock, takesIdempotencyKey }: OnBehalfOfDeps,
): CallOptions {
  const { signal, requestId, traceHeaders, deadlineMs, clientAddress } = call;
  const { keyId } = key;
  const idempotencyKey = takesIdempotencyKey ? call.idempotencyKey : "";
  const context = { keyId, accountId: account.accountId, clientAddress, idempotencyKey };
  const metadata = {
    "x-request-id": requestId,
    ...traceHeaders,
    ...onBehalfOfMetadata(context),
  };
  const options = { signal, metadata };
  if (deadlineMs === undefined) return options;
  return { ...options, leftMs: Math.ceil(deadlineMs - clock.monotonicMs()) + 1 };
}

/** True where the client's deadline has passed. */
export function isLate({ deadlineMs }: Call, clock: Clock): boolean {
  return deadlineMs !== undefined && clock.monotonicMs() >= deadlineMs;
}
