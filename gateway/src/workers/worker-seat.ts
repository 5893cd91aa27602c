import type { Socket } from "node:net";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import type { ConnectionSource } from "../http/connections.ts";
import type { ToSupervisor, ToWorker } from "./messages.ts";
import type { WorkerPlace } from "./worker-place.ts";

/** The parts of Node's `process` that join a worker to its supervisor. */
export type WorkerChannel = Pick<NodeJS.Process, "send" | "on" | "off">;

/** What a worker is asked about. */
export interface Operated {
  readonly metrics: Metrics;
  /** Why the worker is not ready; empty when it is. */
  readonly problems: () => readonly ReadinessProblem[];
}

/** How a worker is joined to its supervisor. */
export interface WorkerSeat extends WorkerPlace {
  /** The connections that the supervisor hands to this worker. */
  readonly connections: ConnectionSource;
  /** Answers the supervisor's questions until it is closed. */
  startOperations(operated: Operated): { port: number; close(): void };
  /** Calls the listener when the gateway ends soon. */
  onLeave(listener: () => void): void;
  /** Tells the supervisor why the worker could not start. */
  readonly tellFailure: (sentence: string) => void;
}

/** Joins this process to the supervisor that started it. */
export function takeSeat(channel: WorkerChannel, place: WorkerPlace): WorkerSeat {
  // A supervisor that is gone hears nothing; that its end is noticed is the matter of the process.
  const tell = (message: ToSupervisor) =>
    void channel.send?.(message, undefined, undefined, () => undefined);
  return {
    ...place,
    connections: async (take) => {
      let isOpen = true;
      channel.on("message", (message: unknown, handle: unknown) => {
        const told = message as ToWorker;
        if (told.kind !== "connection") return;
        const { id, door } = told;
        const socket = handle as Socket | undefined;
        tell({ kind: isOpen ? "took" : "returned", id });
        // The supervisor keeps its end of the socket open, so this one can go unread.
        if (!isOpen) socket?.destroy();
        else if (socket !== undefined) take(socket, door);
      });
      tell({ kind: "accepting" });
      return {
        port: 0,
        httpsPort: 0,
        async stop() {
          isOpen = false;
          tell({ kind: "leaving" });
        },
      };
    },
    startOperations({ metrics, problems }) {
      const answer = async (message: unknown) => {
        const asked = message as ToWorker;
        if (asked.kind !== "report") return;
        const { kind, id } = asked;
        const told = await metrics.registry.getMetricsAsJSON().catch(() => []);
        tell({ kind, id, problems: problems(), metrics: told });
      };
      channel.on("message", answer);
      return { port: 0, close: () => void channel.off("message", answer) };
    },
    onLeave(listener) {
      channel.on("message", (message: unknown) => {
        if ((message as ToWorker).kind === "leave") listener();
      });
    },
    tellFailure: (sentence) => tell({ kind: "failed", sentence }),
  };
}
