import type { Clock } from "@geomesh/runtime/clock";
import { withoutKeys } from "@geomesh/runtime/log";

/** A write of so many bytes to a pipe is never mixed with those of other processes. */
const WRITE_BYTES_MAX = 4_096;
const FLUSH_MS = 200;
const PATH_CHARS_MAX = 256;
/** A segment of a path that has the characters of an address alone, well-formed or not, and how it is told from a number. */
const ADDRESS_SEGMENT = /\/[\da-f:.%]+(?=\/|$)/gi;
const ADDRESS_MARK = /[:.]|%3a|%2e/i;

/** An answer as the access log tells it. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** Without the query, which may hold a key or an address. */
  readonly path: string;
  readonly clientAddress: string;
  /** Of the W3C trace that it is part of, where there is one. */
  readonly traceId?: string | undefined;
  readonly meter: { readonly operation: string };
  /** Why it was refused. */
  readonly reason?: string | undefined;
  /** Whose it is, where that is known. */
  readonly principal?:
    | {
        readonly key: { readonly keyId: string };
        readonly account: { readonly accountId: string };
      }
    | undefined;
}

/** What an access log works with. */
export interface AccessLogDeps {
  /** Takes some whole lines. */
  readonly output: { write(lines: string): void };
  readonly clock: Clock;
}

/** Whether there is an access log, and what it tells of clients. */
export type AccessLogChoice = "off" | "on" | "with_client_address";

/** The access log that an operator chose. A worker says which it is. */
export function accessLogFor(
  choice: AccessLogChoice,
  deps: AccessLogDeps,
  worker: number | undefined,
): AccessLog | undefined {
  if (choice === "off") return undefined;
  return new AccessLog(deps, {
    fields: worker === undefined ? {} : { worker },
    withClientAddress: choice === "with_client_address",
  });
}

/** What the lines have besides what all have. */
export interface AccessLogOptions {
  /** Members of every line. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Tell the address of the client. */
  readonly withClientAddress: boolean;
}

/**
 * Writes a line of JSON for each answer, within 200 ms. It has no credential, and no address that was looked up: no header, no
 * query, and neither an API key nor an address in the path.
 */
export class AccessLog {
  readonly #deps: AccessLogDeps;
  readonly #start: string;
  readonly #withClientAddress: boolean;
  #lines = "";
  #flush: NodeJS.Timeout | undefined;

  constructor(deps: AccessLogDeps, { fields = {}, withClientAddress }: AccessLogOptions) {
    this.#deps = deps;
    this.#withClientAddress = withClientAddress;
    this.#start = JSON.stringify({ service: "gateway", ...fields, msg: "request" }).slice(1, -1);
  }

  /** Tells an answer: its status, the bytes of its body, and the milliseconds that it took. */
  write(request: AnsweredRequest, status: number, bytes: number, ms: number): void {
    const { requestId, method, path, reason, principal } = request;
    const line = JSON.stringify({
      request_id: requestId,
      trace_id: request.traceId,
      method,
      path: withoutAddresses(path.slice(0, PATH_CHARS_MAX)),
      operation: request.meter.operation,
      status,
      reason: reason?.toLowerCase(),
      bytes,
      ms: Math.round(ms * 1_000) / 1_000,
      account_id: principal?.account.accountId,
      key_id: principal?.key.keyId,
      client_address: this.#withClientAddress ? request.clientAddress : undefined,
    });
    const time = new Date(this.#deps.clock.wallMs()).toISOString();
    const whole = withoutKeys(`{"time":"${time}",${this.#start},${line.slice(1)}\n`);
    if (this.#lines.length + whole.length > WRITE_BYTES_MAX) this.#writeOut();
    this.#lines += whole;
    this.#flush ??= setTimeout(() => this.#writeOut(), FLUSH_MS);
  }

  /** Writes what waits. */
  close(): void {
    this.#writeOut();
  }

  #writeOut(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const lines = this.#lines;
    this.#lines = "";
    if (lines !== "") this.#deps.output.write(lines);
  }
}

function withoutAddresses(path: string): string {
  return path.replace(ADDRESS_SEGMENT, (segment) =>
    ADDRESS_MARK.test(segment) ? "/{ip_address}" : segment,
  );
}
