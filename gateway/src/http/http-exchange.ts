import type { Reason } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { RequestMeter } from "../telemetry/request-meters.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ReadClientAddress } from "./client-address.ts";
import type { Cors } from "./cors.ts";
import type { Exchange, Headers, Request, Response } from "./exchange.ts";
import type { RequestIds } from "./request-id.ts";
import { splitTarget } from "./request-target.ts";
import { beginTrace, readTrace, type Trace } from "./trace-context.ts";
import type { Unsent } from "./unsent.ts";

const HOST = "host";
/** The Host of HTTP/2. */
const AUTHORITY = ":authority";
const REQUEST_ID = "x-request-id";
const CONTENT_LENGTH = "content-length";
const TRANSFER_ENCODING = "transfer-encoding";
/** Stands for several hosts. */
const SEVERAL = "";

/** What exchanges of a server work with. */
export interface HttpExchangeDeps {
  readonly clientAddress: ReadClientAddress;
  readonly requestIds: RequestIds;
  readonly telemetry: Telemetry;
  readonly unsent: Unsent;
  /** Which web pages may read answers. */
  readonly cors: Cors;
  /** True where answers tell how long they took. */
  readonly hasServerTiming: boolean;
}

/**
 * An exchange over the request and response of Node. What few requests need is read when it is asked for; the headers are
 * read in one pass, as Node's object of them costs more than a lookup in the key table.
 */
export class HttpExchange implements Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly path: string;
  readonly query: string;
  readonly requestId: string;
  /** As the request names it, with its port and unchecked: undefined where it does not, empty where it names several. */
  readonly host: string | undefined;
  /** True where the request says that a body follows. */
  readonly hasBody: boolean;
  meter: RequestMeter;
  principal: Principal | undefined;
  reason: Reason | undefined;
  readonly #deps: HttpExchangeDeps;
  readonly #startedMs: number;
  #trace: Trace | undefined;
  #isAnswered = false;

  constructor(request: Request, response: Response, deps: HttpExchangeDeps) {
    this.request = request;
    this.response = response;
    const { path, query } = splitTarget(request.url ?? "/");
    this.path = path;
    this.query = query;
    const { rawHeaders } = request;
    const isHttp2 = "stream" in request;
    let host: string | undefined;
    let givenId: string | undefined;
    let hasBody = isHttp2 && !request.stream.endAfterHeaders;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] as string;
      const value = rawHeaders[at + 1];
      switch (name.length) {
        case HOST.length:
          if (name.toLowerCase() !== HOST) break;
          // HTTP/2 may name it twice (RFC 9113, section 8.3.1), HTTP/1.1 may not (RFC 9112, section 3.2).
          host = host === undefined || (isHttp2 && host === value) ? value : SEVERAL;
          break;
        case AUTHORITY.length:
          if (name !== AUTHORITY) break;
          host = host === undefined || host === value ? value : SEVERAL;
          break;
        case REQUEST_ID.length:
          if (name.toLowerCase() !== REQUEST_ID) break;
          // Of several none is believed.
          givenId = givenId === undefined ? value : "";
          break;
        case CONTENT_LENGTH.length:
          hasBody ||= name.toLowerCase() === CONTENT_LENGTH;
          break;
        case TRANSFER_ENCODING.length:
          hasBody ||= name.toLowerCase() === TRANSFER_ENCODING;
          break;
        default:
      }
    }
    this.host = host;
    this.hasBody = hasBody;
    this.requestId = deps.requestIds(givenId);
    this.#deps = deps;
    const { clock, meters } = deps.telemetry;
    this.meter = meters.unrouted;
    this.#startedMs = clock.monotonicMs();
  }

  get method(): string {
    return this.request.method ?? "GET";
  }

  get clientAddress(): string {
    const { socket, headers } = this.request;
    return this.#deps.clientAddress(socket.remoteAddress ?? "", headers);
  }

  get trace(): Trace {
    this.#trace ??= readTrace(this.request.rawHeaders) ?? beginTrace();
    return this.#trace;
  }

  /** Of the client's trace, or of the one that began here; undefined where none did. */
  get traceId(): string | undefined {
    this.#trace ??= readTrace(this.request.rawHeaders);
    return this.#trace?.traceId;
  }

  answerHeaders(): Headers | undefined {
    const { cors, hasServerTiming } = this.#deps;
    const own = cors.answerHeaders(this.request, this.principal?.key);
    if (!hasServerTiming) return own;
    return { ...own, "server-timing": `total;dur=${this.#ageMs().toFixed(1)}` };
  }

  began(): void {
    this.#deps.unsent.watch(this.response);
  }

  answered(status: number, bytes: number): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    if (!this.response.writableFinished) this.#deps.unsent.watch(this.response);
    const ms = this.#ageMs();
    this.meter.count(status, ms);
    this.#deps.telemetry.accessLog?.write(this, status, bytes, ms);
  }

  #ageMs(): number {
    return this.#deps.telemetry.clock.monotonicMs() - this.#startedMs;
  }
}
