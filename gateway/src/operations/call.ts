import type { Clock } from "@geomesh/runtime/clock";
import type { CallOptions } from "@geomesh/runtime/grpc/client";

/** What a front knows of a request beside its message. */
export interface Call {
  /** In canonical text form; an IPv4-mapped address as IPv4. */
  readonly clientAddress: string;
  readonly requestId: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** When the client no longer waits, by the monotonic clock in milliseconds; undefined where it does not say so. */
  readonly deadlineMs?: number | undefined;
}

/**
 * How other services are called on behalf of a request: no longer than its client waits. A millisecond more than that, so
 * that the client's deadline has passed where theirs has.
 */
export function onBehalfOf({ signal, deadlineMs }: Call, clock: Clock): CallOptions {
  if (deadlineMs === undefined) return { signal };
  return { signal, leftMs: Math.ceil(deadlineMs - clock.monotonicMs()) + 1 };
}

/** True where the client's deadline has passed. */
export function isLate({ deadlineMs }: Call, clock: Clock): boolean {
  return deadlineMs !== undefined && clock.monotonicMs() >= deadlineMs;
}
