import { fork } from "node:child_process";
import os from "node:os";
import { fileURLToPath } from "node:url";
import type { ProcessContext, ProcessSpec, Running } from "@geomesh/runtime/lifecycle";
import type { Log } from "@geomesh/runtime/log";
import { type GatewayConfig, hasHttps, readConfig, WORKERS_MAX } from "./config.ts";
import { startSupervisor } from "./workers/supervisor.ts";
import { environmentOf, placeOf, type WorkerPlace } from "./workers/worker-place.ts";
import { takeSeat, type WorkerChannel } from "./workers/worker-seat.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** Less than a supervisor waits, so that a worker still says what did not end. */
const WORKER_STOP_MS_MAX = 6_500;

/** The parts of Node's `process` that tell what this process is. */
export type RoleProcess = WorkerChannel & Pick<NodeJS.Process, "env">;

/**
 * What this process is: a gateway alone, the supervisor of several workers, or one of the workers. A supervisor loads
 * nothing of the gateway itself.
 */
export function roleOf(proc: RoleProcess): ProcessSpec<GatewayConfig> {
  const common = { name: "gateway", readConfig };
  const place = placeOf(proc.env);
  if (place === undefined) {
    return {
      ...common,
      lameDuckMs: ({ lameDuckMs }) => lameDuckMs,
      start: (config, log, context) => startAll(proc, config, log, context),
    };
  }
  const seat = takeSeat(proc, place);
  return {
    ...common,
    stopTimeoutMs: WORKER_STOP_MS_MAX,
    logFields: { worker: place.worker },
    tellFailure: seat.tellFailure,
    // It leaves when its supervisor does. One that is asked to end alone is replaced, and others take its connections.
    start: async (config, log, { fail }) => {
      const running = await (await import("./service.ts")).start(config, log, { seat, fail });
      seat.onLeave(running.leave);
      return running;
    },
  };
}

async function startAll(
  { env }: RoleProcess,
  config: GatewayConfig,
  log: Log,
  { clock, signal, fail }: ProcessContext,
): Promise<Running> {
  const { workers: wanted, host, port, opsHost, opsPort } = config;
  const workers = wanted === "auto" ? Math.min(os.availableParallelism(), WORKERS_MAX) : wanted;
  if (workers === 1) return (await import("./service.ts")).start(config, log, { fail });
  const spawn = (place: WorkerPlace) =>
    fork(MAIN, [], {
      env: environmentOf(env, place),
      stdio: ["pipe", "inherit", "inherit", "ipc"],
    });
  const deps = { spawn, clock, log, signal };
  const httpsPort = hasHttps(config) ? config.httpsPort : undefined;
  return startSupervisor(deps, { workers, host, port, httpsPort, opsHost, opsPort });
}
