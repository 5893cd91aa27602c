import type { AppError } from "@geomesh/runtime/errors";
import type { EncodedResult } from "./results.ts";

/** Called once, with the results of a lookup in the order of its addresses or with what went wrong. */
export interface Waiter {
  readonly offset: number;
  readonly count: number;
  resolve(results: EncodedResult[]): void;
  reject(error: AppError): void;
}

/** Lookups in one language that travel together. */
export class LookupFrame {
  readonly ipAddresses: string[] = [];
  readonly language: string;
  /** How often it was sent. */
  attempts = 0;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  readonly #waiters: Waiter[] = [];

  constructor(language: string, deadlineMs: number) {
    this.language = language;
    this.deadlineMs = deadlineMs;
  }

  add(ipAddresses: readonly string[]): Promise<EncodedResult[]> {
    return new Promise((resolve, reject) => {
      const offset = this.ipAddresses.length;
      this.#waiters.push({ offset, count: ipAddresses.length, resolve, reject });
      for (const ipAddress of ipAddresses) this.ipAddresses.push(ipAddress);
    });
  }

  resolve(results: EncodedResult[]): void {
    for (const waiter of this.#waiters) {
      waiter.resolve(results.slice(waiter.offset, waiter.offset + waiter.count));
    }
  }

  reject(error: AppError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
