import { unlessAborted } from "@geomesh/runtime/async/pause";
import { aggregateMetrics } from "@geomesh/runtime/telemetry/aggregate-metrics";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { startOpsServer } from "@geomesh/runtime/telemetry/ops-server";
import { type ListenOptions, listenAtDoors } from "../http/connections.ts";
import { Distributor } from "./distributor.ts";
import { KeptWorker, type KeptWorkerDeps } from "./kept-worker.ts";
import { countWorkers } from "./metrics.ts";

/** After this long a worker that was asked to end is killed. It gives up by itself before. */
const STOP_MS_MAX = 7_000;
/** How long workers may take to take the last connections before they are asked to end. */
const HAND_OVER_MS_MAX = 500;

/** What a supervisor works with. */
export interface SupervisorDeps extends Pick<KeptWorkerDeps, "spawn" | "clock" | "log"> {
  /** Aborts when the process must stop: a start under way then rejects. */
  readonly signal: AbortSignal;
}

/** How many workers there are, and where the supervisor listens. */
export interface SupervisorOptions extends ListenOptions {
  readonly workers: number;
  readonly opsHost: string;
  readonly opsPort: number;
}

/** A running supervisor with all its workers. */
export interface Supervisor {
  readonly port: number;
  readonly opsPort: number;
  /** Says to balancers and clients that this gateway ends soon, and serves on. */
  leave(): void;
  /** Stops listening, asks all workers to end, and kills what remains after 7.5 s in all. Never rejects. */
  close(): Promise<void>;
}

/**
 * Starts workers behind one port and keeps them running. The supervisor alone listens and hands each connection to a worker;
 * it reads none of them and holds no business data. It resolves once all workers serve; the first worker starts alone, so
 * that what is wrong for all is told once.
 * Errors: CANNOT_LISTEN; INTERNAL with the sentence of a worker that could not start. No worker is left then.
 */
export async function startSupervisor(
  { spawn, clock, log, signal }: SupervisorDeps,
  { workers, opsHost, opsPort, ...where }: SupervisorOptions,
): Promise<Supervisor> {
  const metrics = createMetrics("gateway");
  const onRestart = countWorkers(metrics, () => kept.filter((each) => each.isAccepting).length);
  const distributor = new Distributor();
  const deps = { spawn, distributor, clock, log, onRestart };
  const kept = Array.from(
    { length: workers },
    (_, index) => new KeptWorker(deps, { worker: index + 1, workers }),
  );
  const server = { pauseOnConnect: true, noDelay: true };
  const doors = await listenAtDoors(where, server, (socket, door) =>
    distributor.give({ socket, door }),
  );

  const reports = () => Promise.all(kept.map((each) => each.report()));
  const registry = {
    contentType: metrics.registry.contentType,
    metrics: async () => {
      const own = await metrics.registry.getMetricsAsJSON();
      return aggregateMetrics([own, ...(await reports()).map((report) => report.metrics)]);
    },
  };
  const problems = async () => (await reports()).flatMap((report) => report.problems);

  let ops: Awaited<ReturnType<typeof startOpsServer>> | undefined;
  const close = async () => {
    await doors.stop();
    await distributor.emptied(HAND_OVER_MS_MAX);
    await Promise.all(kept.map((each) => each.stop(STOP_MS_MAX)));
    distributor.close();
    await ops?.close();
  };
  try {
    ops = await startOpsServer({
      host: opsHost,
      port: opsPort,
      metrics: { registry },
      problems,
      log,
    });
    const [first, ...others] = kept;
    await unlessAborted(Promise.resolve(first?.start()), signal);
    await unlessAborted(Promise.all(others.map((each) => each.start())), signal);
    const leave = () => {
      for (const each of kept) each.leave();
    };
    return { port: doors.port, opsPort: ops.port, leave, close };
  } catch (error) {
    await close();
    throw error;
  }
}
