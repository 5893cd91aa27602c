import { status } from "@grpc/grpc-js";
import type { Sample } from "../telemetry/collected.ts";
import { registerCollected } from "../telemetry/collected.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Codes of a peer that is dead, hangs or refuses to serve. */
const UNREACHED: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]);

/** Counts the calls of a process to others, by method and code. */
export class ClientMetrics {
  readonly #handled = new Map<string, Map<status, number>>();
  /** Whether the last call to a service reached it. */
  readonly #reached = new Map<string, boolean>();

  constructor(metrics: Metrics) {
    registerCollected(metrics, {
      name: "grpc_client_handled_total",
      help: "Calls to other processes that ended, by method and status code.",
      type: "counter",
      read: () => this.#samples(),
    });
  }

  /** Notes the end of a call to `/service/Method`. */
  readonly ended = (path: string, code: status): void => {
    let codes = this.#handled.get(path);
    if (codes === undefined) {
      codes = new Map();
      this.#handled.set(path, codes);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
    this.#reached.set(path.split("/")[1] ?? "", !UNREACHED.has(code));
  };

  /** Whether the last call to a service, by its full name, reached it; undefined before the first. */
  reached(service: string): boolean | undefined {
    return this.#reached.get(service);
  }

  #samples(): Sample[] {
    return [...this.#handled].flatMap(([method, codes]) =>
      [...codes].map(([code, value]) => ({ labels: { method, code: status[code] }, value })),
    );
  }
}
