import type { MetricsSnapshot } from "@geomesh/runtime/telemetry/aggregate-metrics";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import type { Door } from "../http/connections.ts";

/** Comes with a socket, and is answered by `took` or `returned`. */
export interface ConnectionMessage {
  readonly kind: "connection";
  readonly id: number;
  readonly door: Door;
}

/** Asks for a report with the same id. */
export interface ReportRequest {
  readonly kind: "report";
  readonly id: number;
}

/** The gateway ends soon: the worker says so to everyone, and serves on. */
export interface LeaveMessage {
  readonly kind: "leave";
}

/** What a supervisor says to a worker. */
export type ToWorker = ConnectionMessage | ReportRequest | LeaveMessage;

/** The worker serves, and takes connections from now on; or takes no more, as it ends. */
export interface StateMessage {
  readonly kind: "accepting" | "leaving";
}

/** The connection is the worker's; or it was handed to a worker that takes no more, which has read nothing from it. */
export interface HandOverMessage {
  readonly kind: "took" | "returned";
  readonly id: number;
}

/** How a worker is. */
export interface WorkerReport {
  /** Why it is not ready; empty when it is. */
  readonly problems: readonly ReadinessProblem[];
  readonly metrics: MetricsSnapshot;
}

/** Answers a request for a report. */
export interface ReportMessage extends WorkerReport, ReportRequest {}

/** The worker could not start, and ends. */
export interface FailedMessage {
  readonly kind: "failed";
  readonly sentence: string;
}

/** What a worker says to its supervisor. */
export type ToSupervisor = StateMessage | HandOverMessage | ReportMessage | FailedMessage;
