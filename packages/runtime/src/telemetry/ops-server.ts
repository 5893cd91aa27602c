import http from "node:http";
import { listen } from "../listen.ts";

/** Why a process is not ready. */
export interface ReadinessProblem {
  /** Stable, in lower case with underscores, such as `keys_stale`; docs/operations.md lists them. */
  readonly reason: string;
  /** For a person, such as "API keys are not loaded yet". */
  readonly message: string;
}

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
  readonly problems: () => readonly ReadinessProblem[] | Promise<readonly ReadinessProblem[]>;
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
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
