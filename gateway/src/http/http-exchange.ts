import type { Reason } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { RequestMeter } from "../telemetry/request-meters.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ReadClientAddress } from "./client-address.ts";
import type { Exchange, Request, Response } from "./exchange.ts";
import type { RequestIds } from "./request-id.ts";
import { splitTarget } from "./request-target.ts";

const HOST = "host";
const REQUEST_ID = "x-request-id";

/** What exchanges of a server work with. */
export interface HttpExchangeDeps {
  readonly clientAddress: ReadClientAddress;
  readonly requestIds: RequestIds;
  readonly telemetry: Telemetry;
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
  /** True where the request names its host. */
  readonly hasHost: boolean;
  meter: RequestMeter;
  principal: Principal | undefined;
  reason: Reason | undefined;
  readonly #deps: HttpExchangeDeps;
  readonly #startedMs: number;
  #isAnswered = false;

  constructor(request: Request, response: Response, deps: HttpExchangeDeps) {
    this.request = request;
    this.response = response;
    const { path, query } = splitTarget(request.url ?? "/");
    this.path = path;
    this.query = query;
    const { rawHeaders } = request;
    let hasHost = false;
    let givenId: string | undefined;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] as string;
      if (name.length === HOST.length) hasHost ||= name.toLowerCase() === HOST;
      else if (name.length === REQUEST_ID.length && name.toLowerCase() === REQUEST_ID) {
        // Of several none is believed.
        givenId = givenId === undefined ? rawHeaders[at + 1] : "";
      }
    }
    this.hasHost = hasHost;
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

  answered(status: number, bytes: number): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    const { clock, accessLog } = this.#deps.telemetry;
    const ms = clock.monotonicMs() - this.#startedMs;
    this.meter.count(status, ms);
    accessLog?.write(this, status, bytes, ms);
  }
}
