import type { Spool, Usage } from "../spool.ts";

/** The sequence of a record, and when it is durable. */
export interface Appended {
  readonly sequence: number;
  /** Rejects with USAGE_SPOOL_BROKEN. */
  readonly durable: Promise<void>;
}

/**
 * Appends usage for a caller that awaits; it costs a promise, which a busy caller saves by `Spool.append`.
 * Errors: those of `Spool.append`.
 */
export function appendAndWait(spool: Pick<Spool, "append">, usage: Usage): Appended {
  const { promise: durable, resolve, reject } = Promise.withResolvers<void>();
  // A caller that awaits it hears of a failure; without one it must not end the process.
  durable.catch(() => undefined);
  const sequence = spool.append(usage, { release: () => resolve(), withhold: reject });
  return { sequence, durable };
}
