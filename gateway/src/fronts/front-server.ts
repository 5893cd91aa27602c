import { AppError } from "@geomesh/runtime/errors";
import { type CleartextOptions, startCleartextServer } from "../http/cleartext-server.ts";
import { createClientAddress } from "../http/client-address.ts";
import type { Exchange, Request, Response } from "../http/exchange.ts";
import { createRequestIds } from "../http/request-id.ts";
import { splitTarget } from "../http/request-target.ts";
import type { ConnectFront } from "./connect/connect-front.ts";
import type { FlagFront } from "./files/flag-front.ts";
import type { RestFront } from "./rest/rest-front.ts";

const TARGET_CHARS_MAX = 8 * 1024;
const GRACE_MS = 5_000;

export interface FrontServerOptions extends Omit<CleartextOptions, "handle" | "newRequestId"> {
  /** CIDRs of proxies whose word on the client's address is believed. */
  readonly trustedProxies: readonly string[];
  readonly rest: RestFront;
  readonly connect: ConnectFront;
  readonly flags: FlagFront;
}

/** Serves REST, Connect, gRPC, gRPC-Web and flags on one port. Errors: AppError when the port cannot be had. */
export async function startFrontServer(
  options: FrontServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const { rest, connect, flags } = options;
  const fronts = [rest, connect, flags];
  const clientAddress = createClientAddress(options.trustedProxies);
  const requestIdOf = createRequestIds();

  function handle(request: Request, response: Response): void {
    const { url = "/", headers, method = "GET" } = request;
    const { path, query } = splitTarget(url);
    const exchange: Exchange = {
      request,
      response,
      method,
      path,
      query,
      requestId: requestIdOf(headers["x-request-id"]),
      clientAddress: clientAddress(request.socket.remoteAddress ?? "", headers),
    };
    try {
      if (url.length > TARGET_CHARS_MAX) throw tooLong();
      if (headers.host === undefined && request.httpVersion === "1.1") throw hostMissing();
      if (!fronts.some((front) => front.handle(exchange))) throw nothingHere();
    } catch (error) {
      rest.fail(exchange, error);
    }
  }

  const newRequestId = () => requestIdOf(undefined);
  const server = await startCleartextServer({ ...options, handle, newRequestId });
  return { port: server.port, close: () => server.close(GRACE_MS) };
}

const nothingHere = () => new AppError("NOT_FOUND", { message: "there is nothing at this path" });
const hostMissing = () =>
  new AppError("INVALID_ARGUMENT", { message: "an HTTP/1.1 request must have a Host" });
const tooLong = () =>
  new AppError("URI_TOO_LONG", {
    message: `a path and query may have ${TARGET_CHARS_MAX} characters`,
  });
