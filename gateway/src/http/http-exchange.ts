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
  readonly #clientAddress: ReadClientAddress;

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
    this.#clientAddress = deps.clientAddress;
  }

  get method(): string {
    return this.request.method ?? "GET";
  }

  get clientAddress(): string {
    const { socket, headers } = this.request;
    return this.#clientAddress(socket.remoteAddress ?? "", headers);
  }
}
