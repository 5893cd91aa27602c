import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { env, execPath, kill } from "node:process";
import { fileURLToPath } from "node:url";
import { eventually } from "@geomesh/runtime/testing/eventually";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const readyMsMax = 60_000;

/** The launcher as a process of its own, in a process group of its own as under a terminal. */
export class Launched {
  readonly #process: ChildProcess;
  stdout = "";
  stderr = "";
  /** Resolves with the exit status, null after a signal. */
  readonly status: Promise<number | null>;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#process = spawn(execPath, [main], {
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
    await Promise.race([eventually(said, { deadlineMs: readyMsMax }), ended]);
  }

  /** Signals the whole group, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) kill(-pid, signal);
  }
}
