import { setTimeout as wait } from "node:timers/promises";
import { withTimeLimit } from "./async/time-limit.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { Closers } from "./closers.ts";
import { ConfigError, describeSettings, type Env } from "./config.ts";
import { AppError } from "./errors.ts";
import { createLog, type Log } from "./log.ts";

export { Closers };

const CHECK_CONFIG = "--check-config";

/** The parts of Node's `process` that `runProcess` uses. */
export type ProcessLike = Pick<
  NodeJS.Process,
  "argv" | "env" | "exit" | "on" | "stdin" | "stdout" | "stderr"
>;

/** What a process hands to what it starts. */
export interface ProcessContext {
  readonly clock: Clock;
  /** Aborts when the process must stop: a start under way may then reject at once. */
  readonly signal: AbortSignal;
  /** Ends the process with status 1, since it cannot go on: what runs is closed first. Not within the call. */
  readonly fail: (cause: unknown) => void;
}

/** What a process has started. */
export interface Running {
  /** Says to everyone that the process ends soon, and serves on. Called before a `close` that SIGTERM asks for. */
  leave?(): void;
  close(): Promise<void>;
}

/** A process: its name, its configuration, and what it starts. */
export interface ProcessSpec<Config extends object> {
  readonly name: string;
  readonly readConfig: (env: Env) => Config;
  readonly start: (config: Config, log: Log, context: ProcessContext) => Promise<Running>;
  /** How long it serves on after it was asked to leave by SIGTERM, in milliseconds; default 0. */
  readonly lameDuckMs?: (config: Config) => number;
  /** How long a close may take, in milliseconds; default 8,000. */
  readonly stopTimeoutMs?: number;
  /** In every line of its log, beside its name. */
  readonly logFields?: Readonly<Record<string, unknown>>;
  /** Takes the sentence that says why the start failed; default writes it to standard error. */
  readonly tellFailure?: (sentence: string) => void;
}

/**
 * The body of every `main.ts`. An invalid configuration or a failed start prints what is wrong and exits with status 1.
 * SIGTERM and SIGINT close once and exit with 0, also while the process still starts; a second signal exits at once. SIGTERM
 * comes from what manages processes: it leaves first, and serves on while balancers learn of that. SIGINT comes from a person.
 * `--check-config` prints the effective configuration; other arguments are refused, as one who mistypes a command wants no service.
 * Under a supervisor (GEOMESH_SUPERVISED=1) the process stops when its standard input ends, unless it stops already.
 */
export async function runProcess<Config extends object>(
  proc: ProcessLike,
  spec: ProcessSpec<Config>,
): Promise<void> {
  const config = readOrExit(proc, spec);
  if (config === undefined) return;
  const level = (config as { logLevel?: string }).logLevel ?? "info";
  const log = createLog({ service: spec.name, level, fields: spec.logFields ?? {} });
  const stopping = new AbortController();
  const fail = (err: unknown) =>
    void setImmediate(() => {
      if (stopping.signal.aborted) return;
      log.fatal({ err }, "cannot go on");
      stop("it cannot go on", 1);
    });
  const starting = spec.start(config, log, { clock: SYSTEM_CLOCK, signal: stopping.signal, fail });
  const stop = stopOnce(proc, spec, log, { starting, stopping });
  const lameDuckMs = spec.lameDuckMs?.(config) ?? 0;
  proc.on("SIGTERM", () => stop("SIGTERM", 0, lameDuckMs));
  proc.on("SIGINT", () => stop("SIGINT", 0));
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    proc.on(event, (err: unknown) => {
      log.fatal({ err }, event);
      stop(event, 1);
    });
  }
  if (proc.env["GEOMESH_SUPERVISED"] === "1") {
    const orphaned = () => {
      if (!stopping.signal.aborted) stop("the supervisor ended its input", 0);
    };
    proc.stdin.on("end", orphaned).resume();
  }
  try {
    await starting;
    log.info("started");
  } catch (error) {
    if (stopping.signal.aborted) return;
    const sentence = error instanceof AppError ? error.publicMessage : String(error);
    log.debug({ err: error }, "start failed");
    if (spec.tellFailure !== undefined) spec.tellFailure(sentence);
    else proc.stderr.write(`${spec.name}: ${sentence}\n`);
    proc.exit(1);
  }
}

function readOrExit<Config extends object>(
  proc: ProcessLike,
  { name, readConfig }: ProcessSpec<Config>,
): Config | undefined {
  const [, , ...args] = proc.argv;
  const unknown = args.filter((arg) => arg !== CHECK_CONFIG);
  if (unknown.length > 0) {
    proc.stderr.write(`${name}: unknown arguments: ${unknown.join(" ")}\n`);
    proc.exit(1);
    return undefined;
  }
  try {
    const config = readConfig(proc.env);
    if (!args.includes(CHECK_CONFIG)) return config;
    proc.stdout.write(`${describeSettings(config).join("\n")}\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.problems.map((problem) => `  ${problem}\n`);
    proc.stderr.write(`${name}: the configuration has mistakes:\n${lines.join("")}`);
    proc.exit(1);
  }
  return undefined;
}

interface Started {
  readonly starting: Promise<Running>;
  readonly stopping: AbortController;
}

function stopOnce(
  proc: ProcessLike,
  { stopTimeoutMs = 8_000 }: { stopTimeoutMs?: number },
  log: Log,
  { starting, stopping }: Started,
): (why: string, status: number, lameDuckMs?: number) => void {
  async function end(lameDuckMs: number): Promise<void> {
    const running = await withTimeLimit(
      starting.catch((err) => void log.debug({ err }, "the start ended before it was done")),
      stopTimeoutMs,
    );
    if (running === undefined) return;
    if (lameDuckMs > 0) {
      running.leave?.();
      await wait(lameDuckMs);
    }
    await withTimeLimit(running.close(), stopTimeoutMs);
  }

  return (why, status, lameDuckMs = 0) => {
    if (stopping.signal.aborted) return void proc.exit(1);
    log.info({ why, lame_duck_ms: lameDuckMs }, "stopping");
    stopping.abort();
    end(lameDuckMs).then(
      () => proc.exit(status),
      (err) => {
        log.error({ err }, "did not stop cleanly");
        proc.exit(1);
      },
    );
  };
}
