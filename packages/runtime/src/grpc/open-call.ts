import { type Metadata, status } from "@grpc/grpc-js";
import { SYSTEM_CLOCK } from "../clock.ts";
import type { Shown } from "../trust/identify.ts";
import type { CallContext } from "./implement.ts";
import { type OnBehalfOf, readOnBehalfOf } from "./on-behalf-of.ts";

/** What the four kinds of grpc-js server calls have in common. */
export interface AnyServerCall extends Shown {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
  /** grpc-js emits `cancelled` at the end of every call, however it ended. */
  once(event: "cancelled", listener: () => void): unknown;
}

/** A call, which ends exactly once. */
export class OpenCall implements CallContext {
  readonly method: string;
  readonly #call: AnyServerCall;
  readonly #onEnd: (code: status) => void;
  #abort: AbortController | undefined;
  #limit: NodeJS.Timeout | undefined;
  #over = false;

  constructor(method: string, call: AnyServerCall, onEnd: (code: status) => void) {
    this.method = method;
    this.#call = call;
    this.#onEnd = onEnd;
    call.once("cancelled", () => this.#cancelled());
  }

  /** Whether it has ended. */
  get over(): boolean {
    return this.#over;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#over) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  get deadline(): Date | undefined {
    const ms = Number(this.#call.getDeadline());
    return Number.isFinite(ms) ? new Date(ms) : undefined;
  }

  get requestId(): string | undefined {
    return this.#call.metadata.get("x-request-id")[0]?.toString();
  }

  get onBehalfOf(): OnBehalfOf | undefined {
    return readOnBehalfOf(this.#call.metadata);
  }

  /** Calls `onLate` if the call is still open after `ms` milliseconds. grpc-js itself enforces an earlier deadline. */
  limit(ms: number, onLate: () => void): void {
    if (this.#remainingMs() > ms) this.#limit = setTimeout(onLate, ms);
  }

  /** Ends the call; returns false where it is over already, so that nothing may be sent any more. */
  end(code: status): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#limit);
    this.#onEnd(code);
    this.#abort?.abort();
    return true;
  }

  #cancelled(): void {
    this.end(this.#remainingMs() <= 0 ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }

  /** Until the caller's deadline, infinite without one. grpc-js sets it by the clock of the machine. */
  #remainingMs(): number {
    return Number(this.#call.getDeadline()) - SYSTEM_CLOCK.wallMs();
  }
}
