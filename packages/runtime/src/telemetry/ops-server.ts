import http from "node:http";
import { listen } from "../listen.ts";
import type { Log } from "../log.ts";
import { type Problems, startReadinessLog } from "./readiness-log.ts";

export type { ReadinessProblem } from "./readiness-log.ts";

/** What `/metrics` answers. */
export interface MetricsText {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** How operations are served. */
export interface OpsServerOptions {
  readonly port: number;
  readonly host?: string;
  readonly metrics: { readonly registry: MetricsText };
  /** Why the process is not ready; empty when it is. Never rejects. */
  readonly problems: Problems;
  /** Is told when the process becomes ready, and when it no longer is. */
  readonly log: Log;
}

/**
 * Serves `/livez` (200 while the process runs), `/readyz` (200, or 503 with the problems) and `/metrics` (Prometheus text).
 * Errors: CANNOT_LISTEN.
 */
export async function startOpsServer(
  options: OpsServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = http.createServer({ requestTimeout: 5_000 }, async (request, response) => {
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(`${JSON.stringify(body)}\n`);
    };
    switch (request.url) {
      case "/livez":
        return json(200, { status: "live" });
      case "/readyz": {
        const problems = await options.problems();
        return problems.length === 0
          ? json(200, { status: "ready" })
          : json(503, { status: "not ready", problems });
      }
      case "/metrics":
        return void options.metrics.registry.metrics().then(
          (text) => {
            response.writeHead(200, { "content-type": options.metrics.registry.contentType });
            response.end(text);
          },
          () => json(500, { status: "metrics failed" }),
        );
      default:
        return json(404, { status: "not found" });
    }
  });
  const port = await listen(server, options.port, options.host ?? "127.0.0.1");
  const readinessLog = startReadinessLog(options);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        readinessLog.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
