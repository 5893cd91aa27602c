import type { ChildProcess } from "node:child_process";
import type { Clock } from "@geomesh/runtime/clock";
import type { LogFile } from "./log-file.ts";
import { removePid, writePid } from "./pid-file.ts";

/** Where its output and pid go, and the clock that measures its life. */
export interface RunningProcessDeps {
  readonly log: LogFile;
  readonly pidPath: string;
  readonly clock: Clock;
}

/** One life of a child: its process, with its output in the log and its pid in the pid file while it lives. */
export class RunningProcess {
  readonly #process: ChildProcess;
  #upMs: number | undefined;
  #asked: NodeJS.Signals | undefined;
  /** Resolves once the process is gone and its output is in the log. Never rejects. */
  readonly gone: Promise<void>;
  /** Resolves once its pid file is written. Never rejects. */
  readonly recorded: Promise<void>;

  constructor(process: ChildProcess, { log, pidPath, clock }: RunningProcessDeps) {
    this.#process = process;
    const startedAtMs = clock.monotonicMs();
    this.recorded = recordPid(process.pid, pidPath, log);
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on("data", (chunk: Buffer) => log.write(chunk));
    }
    // A child that is gone shows first as a broken pipe; only its end counts.
    process.stdin?.on("error", () => {});
    this.gone = endOf(process).then(async () => {
      this.#upMs = clock.monotonicMs() - startedAtMs;
      await this.recorded;
      removePid(pidPath);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How long it lived, in milliseconds; undefined while it lives. */
  get upMs(): number | undefined {
    return this.#upMs;
  }

  /** The signal or exit status that ended it, for a report. */
  get howItEnded(): string {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined) return "the program could not be run";
    return signalCode ?? `exit status ${exitCode}`;
  }

  /**
   * Asks it to end, kills it after `graceMs` milliseconds, and resolves once it has ended. It is asked only once, however often
   * this is called: to many programs a second signal means to abandon their work.
   */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    if (this.#asked !== signal) this.#process.kill(signal);
    this.#asked = signal;
    const killTimer = setTimeout(() => this.#process.kill("SIGKILL"), graceMs);
    await this.gone;
    clearTimeout(killTimer);
  }
}

/** Never rejects: a process runs without its pid file too, but the next launcher would not find it. */
async function recordPid(pid: number | undefined, pidPath: string, log: LogFile): Promise<void> {
  if (pid === undefined) return;
  try {
    await writePid(pidPath, pid);
  } catch (error) {
    log.write(Buffer.from(`${pidPath} was not written: ${error}\n`));
  }
}

function endOf(process: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("close", () => resolve());
  process.on("error", () => {
    if (process.pid === undefined) resolve();
  });
  return promise;
}
