import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { type CleartextOptions, startCleartextServer } from "../http/cleartext-server.ts";
import { createClientAddress } from "../http/client-address.ts";
import type { ConnectionSource } from "../http/connections.ts";
import type { Request, Response } from "../http/exchange.ts";
import type { Fail } from "../http/fail.ts";
import { HttpExchange } from "../http/http-exchange.ts";
import { createRequestIds } from "../http/request-id.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Front } from "./front.ts";

const TARGET_CHARS_MAX = 8 * 1024;
const GRACE_MS = 5_000;

/** What the server of the fronts works with. */
export interface FrontServerDeps {
  /** Asked in this order; the first that takes a request answers it. */
  readonly fronts: readonly Front[];
  readonly fail: Fail;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Where connections come from; default is a listening socket of its own. */
  readonly connections?: ConnectionSource | undefined;
}

/** Where the server listens, whom it trusts, and its limits. */
export interface FrontServerOptions extends CleartextOptions {
  /** CIDR blocks of the proxies whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
}

/** A running server of the fronts. */
export interface FrontServer {
  readonly port: number;
  /** Stops accepting and lets requests under way end for up to 5 s. */
  close(): Promise<void>;
}

/** Serves all fronts on one port. Errors: CANNOT_LISTEN. */
export async function startFrontServer(
  deps: FrontServerDeps,
  options: FrontServerOptions,
): Promise<FrontServer> {
  const { fronts, fail, telemetry, clock, connections } = deps;
  const clientAddress = createClientAddress(options.trustedProxies);
  const requestIds = createRequestIds();
  const exchangeDeps = { clientAddress, requestIds, telemetry };

  function handle(request: Request, response: Response): void {
    const exchange = new HttpExchange(request, response, exchangeDeps);
    try {
      if ((request.url ?? "").length > TARGET_CHARS_MAX) throw uriTooLong();
      if (!exchange.hasHost && request.httpVersion === "1.1") throw hostMissing();
      if (!fronts.some((front) => front.handle(exchange))) throw new AppError("NOT_FOUND");
    } catch (error) {
      fail(exchange, error);
    }
  }

  const newRequestId = () => requestIds(undefined);
  const server = await startCleartextServer({ handle, newRequestId, clock, connections }, options);
  return { port: server.port, close: () => server.close(GRACE_MS) };
}

const hostMissing = () =>
  new AppError("INVALID_ARGUMENT", { message: "an HTTP/1.1 request needs a Host header" });
const uriTooLong = () =>
  new AppError("URI_TOO_LONG", {
    message: `the path and query exceed ${TARGET_CHARS_MAX} characters`,
  });
