import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { reasonRow } from "@geomesh/terms/reasons";
import type { Certificate } from "../http/certificate.ts";
import { createClientAddress } from "../http/client-address.ts";
import { type ConnectionServerOptions, startConnectionServer } from "../http/connection-server.ts";
import type { ConnectionSource } from "../http/connections.ts";
import { type Cors, createCors, type OriginsOfKeys } from "../http/cors.ts";
import { type Request, type Response, reply } from "../http/exchange.ts";
import type { Fail } from "../http/fail.ts";
import { createHostCheck } from "../http/host.ts";
import { HttpExchange } from "../http/http-exchange.ts";
import { registerConnectionMetrics } from "../http/metrics.ts";
import { createRequestIds } from "../http/request-id.ts";
import { TUNNEL_HEADERS, tunnelRefused } from "../http/tunnel.ts";
import { settleBody } from "../http/unread-body.ts";
import { Unsent, type UnsentOptions } from "../http/unsent.ts";
import type { RequestMeter } from "../telemetry/request-meters.ts";
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
  /** Which pages may read answers to some keys; default is none. */
  readonly originsOfKeys?: OriginsOfKeys | undefined;
  /** Where connections come from; default is a listening socket of its own. */
  readonly connections?: ConnectionSource | undefined;
  /** With which TLS is spoken; default is none, and no TLS. */
  readonly certificate?: Pick<Certificate, "material" | "expiresMs"> | undefined;
}

/** Where the server listens, whom it trusts, and its limits. */
export interface FrontServerOptions extends ConnectionServerOptions {
  /** CIDR blocks of the proxies whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
  /** A header in which those proxies name the client, instead of the forwarding headers; default is none. */
  readonly clientAddressHeader?: string;
  /** Origins of the web pages that may read answers, or `*`; default is none. */
  readonly corsAllowedOrigins?: readonly string[];
  /** Whether answers tell how long they took; default is false. */
  readonly serverTiming?: boolean;
  /** Bounds of what clients have not read. */
  readonly unsent?: UnsentOptions;
}

/** A running server of the fronts. */
export interface FrontServer {
  readonly port: number;
  /** The port for TLS; 0 where there is none. */
  readonly httpsPort: number;
  /** Serves on, and makes clients go elsewhere with their next request. */
  leave(): void;
  /** Stops accepting and lets requests under way end for up to 5 s. */
  close(): Promise<void>;
}

/** Serves all fronts on one port, and on one for TLS. Errors: CANNOT_LISTEN. */
export async function startFrontServer(
  deps: FrontServerDeps,
  options: FrontServerOptions,
): Promise<FrontServer> {
  const { fronts, fail, telemetry, clock, connections, certificate, originsOfKeys } = deps;
  const { trustedProxies, clientAddressHeader, serverTiming: hasServerTiming = false } = options;
  const clientAddress = createClientAddress(trustedProxies, clientAddressHeader);
  const cors = createCors(options.corsAllowedOrigins ?? [], originsOfKeys);
  const preflights = telemetry.meters.of("Preflight");
  const requestIds = createRequestIds();
  const unsent = new Unsent(clock, options.unsent);
  const exchangeDeps = { clientAddress, requestIds, telemetry, unsent, cors, hasServerTiming };
  const checkHost = createHostCheck();

  function handle(request: Request, response: Response): void {
    const exchange = new HttpExchange(request, response, exchangeDeps);
    if (exchange.hasBody) settleBody(request, response);
    try {
      if ((request.url ?? "").length > TARGET_CHARS_MAX) throw uriTooLong();
      checkHost(exchange.host, request.httpVersion);
      if (answerPreflight(exchange, cors, preflights)) return;
      if (!fronts.some((front) => front.handle(exchange))) answerOutsideFronts(exchange);
    } catch (error) {
      fail(exchange, error);
    }
  }

  const newRequestId = () => requestIds(undefined);
  const onRefused = (error: AppError, requestId: string) => {
    const { unrouted } = telemetry.meters;
    telemetry.failures.note(error, { requestId, operation: unrouted.operation });
    unrouted.count(reasonRow(error.reason).httpStatus, 0);
  };
  const server = await startConnectionServer(
    { handle, newRequestId, onRefused, clock, unsent, connections, certificate },
    options,
  );
  const { port, httpsPort, counts, leave } = server;
  registerConnectionMetrics(telemetry.metrics, { counts, unsent, certificate });
  return {
    port,
    httpsPort,
    leave,
    async close() {
      await server.close(GRACE_MS);
      unsent.close();
    },
  };
}

/** Answers the preflight of an allowed origin, whatever its path: browsers ask without a key. False for any other request. */
function answerPreflight(exchange: HttpExchange, cors: Cors, meter: RequestMeter): boolean {
  if (exchange.method !== "OPTIONS") return false;
  const headers = cors.preflightHeaders(exchange.request);
  if (headers === undefined) return false;
  exchange.meter = meter;
  reply(exchange, 204, headers, "");
  return true;
}

/**
 * Answers OPTIONS about the server as a whole: of `*`, or of a target in absolute form without a path (RFC 9112, section
 * 3.2.4). Errors: METHOD_NOT_ALLOWED for a tunnel, else NOT_FOUND.
 */
function answerOutsideFronts(exchange: HttpExchange): void {
  const { method, path, response } = exchange;
  if (method === "CONNECT") {
    for (const [name, value] of Object.entries(TUNNEL_HEADERS)) response.setHeader(name, value);
    throw tunnelRefused();
  }
  if (method !== "OPTIONS" || (path !== "*" && path !== "")) throw new AppError("NOT_FOUND");
  reply(exchange, 204, {}, "");
}

const uriTooLong = () =>
  new AppError("URI_TOO_LONG", {
    message: `the path and query exceed ${TARGET_CHARS_MAX} characters`,
  });
