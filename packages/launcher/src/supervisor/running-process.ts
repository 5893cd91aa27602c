import type { ChildProcess } from "node:child_process";
import type { LogFile } from "./log-file.ts";
import { removePid, writePid } from "./pid-file.ts";

/** One life of a child: its process, with what it says in the log and its pid in the pid file while it lives. */
export class RunningProcess {
  readonly #process: ChildProcess;
  readonly #startedAtMs = performance.now();
  #upMs: number | undefined;
  #asked: NodeJS.Signals | undefined;
  /** Resolves once the process is gone and all that it said is in the log. Never rejects. */
  readonly gone: Promise<void>;

  constructor(process: ChildProcess, log: LogFile, pidPath: string) {
    this.#process = process;
    if (process.pid !== undefined) writePid(pidPath, process.pid);
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on("data", (chunk: Buffer) => log.write(chunk));
    }
    // A child that is gone shows first as a broken pipe; its end is what tells.
    process.stdin?.on("error", () => {});
    this.gone = endOf(process).then(() => {
      this.#upMs = performance.now() - this.#startedAtMs;
      removePid(pidPath);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How long it lived, undefined while it does. */
  get upMs(): number | undefined {
    return this.#upMs;
  }

  get howItEnded(): string {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined) return "the program could not be run";
    return signalCode ?? `exit status ${exitCode}`;
  }

  /**
   * Asks it to end and makes it end after `graceMs`. Resolves once it is gone. It is asked once, however often this is
   * called: to many programs a second signal means to leave work undone.
   */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    if (this.#asked !== signal) this.#process.kill(signal);
    this.#asked = signal;
    const impatience = setTimeout(() => this.#process.kill("SIGKILL"), graceMs);
    await this.gone;
    clearTimeout(impatience);
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
