import type { AppError } from "@geomesh/runtime/errors";
import type { EncodedResult } from "./results.ts";

/** One lookup of a frame: called once, with the results in the order of its addresses or with an error. */
interface Waiter {
  readonly offset: number;
  readonly count: number;
  resolve(results: EncodedResult[]): void;
  reject(error: AppError): void;
}

/** Lookups in one language that travel to geo together. */
export class LookupFrame {
  readonly ipAddresses: string[] = [];
  readonly language: string;
  /** Times it was sent. */
  attempts = 0;
  /** When it is given up, by the monotonic clock. */
  readonly deadlineMs: number;
  readonly #waiters: Waiter[] = [];

  constructor(language: string, deadlineMs: number) {
    this.language = language;
    this.deadlineMs = deadlineMs;
  }

  /** Adds a lookup; resolves with its results. Errors: those of `reject`. */
  add(ipAddresses: readonly string[]): Promise<EncodedResult[]> {
    return new Promise((resolve, reject) => {
      const offset = this.ipAddresses.length;
      this.#waiters.push({ offset, count: ipAddresses.length, resolve, reject });
      for (const ipAddress of ipAddresses) this.ipAddresses.push(ipAddress);
    });
  }

  /** Hands each lookup its share of the results. */
  resolve(results: EncodedResult[]): void {
    for (const waiter of this.#waiters) {
      waiter.resolve(results.slice(waiter.offset, waiter.offset + waiter.count));
    }
  }

  /** Fails every lookup. */
  reject(error: AppError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
