import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { env, execPath, kill } from "node:process";
import { fileURLToPath } from "node:url";
import { eventually } from "@geomesh/testing/eventually";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const READY_MS_MAX = 60_000;

/** The launcher as a process of its own, in a process group of its own as under a terminal. */
export class Launched {
  readonly #process: ChildProcess;
  stdout = "";
  stderr = "";
  /** Resolves with the exit status, null after a signal. */
  readonly status: Promise<number | null>;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#process = spawn(execPath, [MAIN], {
      env: { ...env, LOG_LEVEL: "warn", ...environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stdout?.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.#process.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.status = once(this.#process, "close").then(([code]) => code);
  }

  /** Waits for the last line of the ready block. Rejects with what was said instead. */
  async ready(): Promise<void> {
    const said = () => this.stdout.includes("Ctrl-C stops it.");
    const ended = this.status.then((status) => {
      throw new Error(`ended with status ${status}: ${this.stderr}`);
    });
    await Promise.race([eventually(said, { deadlineMs: READY_MS_MAX }), ended]);
  }

  /** Signals the whole group, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) kill(-pid, signal);
  }
}
