import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { RestartDelay } from "@geomesh/runtime/async/restart-delay";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { LogFile } from "./log-file.ts";
import { RunningProcess } from "./running-process.ts";

const POLL_MS = 50;
const TAIL_LINES_MAX = 20;

/** How a child is run. */
export interface ChildSpec {
  readonly name: string;
  /** Starts the process. Called again for each restart. */
  readonly spawn: () => ChildProcess;
  /** Why it cannot serve now; empty where it can. Never rejects. */
  readonly problems: () => Promise<readonly string[]>;
  /** How long a start may take, in milliseconds. */
  readonly readyMsMax: number;
  readonly stopSignal: NodeJS.Signals;
  /** How long it may take to end before SIGKILL, in milliseconds. */
  readonly stopMsMax: number;
  readonly logPath: string;
  readonly pidPath: string;
}

/** Where a supervisor reports, and its clock. */
export interface SupervisorDeps {
  /** Takes one line for the person at the terminal: an end that nobody asked for, and what follows. */
  readonly report: (line: string) => void;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
}

/** A process that could not be started; the message has its problems, and ends with the last lines that it said. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** A process that is restarted, after growing pauses, whenever it ends without being asked to. */
export class SupervisedChild {
  readonly #spec: ChildSpec;
  readonly #report: (line: string) => void;
  readonly #clock: Clock;
  readonly #log: LogFile;
  readonly #restartDelay = new RestartDelay();
  #state: "stopped" | "starting" | "kept" | "closed" = "stopped";
  #running: RunningProcess | undefined;
  #problems: readonly string[] = [];
  #restart: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(spec: ChildSpec, { report, clock = SYSTEM_CLOCK }: SupervisorDeps) {
    this.#spec = spec;
    this.#report = report;
    this.#clock = clock;
    this.#log = new LogFile(spec.logPath);
  }

  get name(): string {
    return this.#spec.name;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** True from the end of its start on, until it is stopped. */
  get isUp(): boolean {
    return this.#state === "kept";
  }

  /** Why it could not serve when it was last asked, which it is while it starts; empty where it can. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /**
   * Starts it, unless it runs already, and resolves once it is ready. Not to be called while a stop is under way.
   * Errors: StartError.
   */
  async start(): Promise<void> {
    if (this.#state === "closed") throw this.#startError("the mesh is being stopped");
    if (this.#state === "stopped") return this.#firstStart();
    const problem = await this.#untilReady(() => undefined);
    if (problem !== undefined) throw this.#startError(problem);
  }

  /** Stops it until `start`. Resolves once the process has ended. */
  async stop(): Promise<void> {
    if (this.#state !== "closed") this.#state = "stopped";
    clearTimeout(this.#restart);
    await this.#running?.stop(this.#spec.stopSignal, this.#spec.stopMsMax);
  }

  /** Kills it as a crash would. Resolves once the process has ended; it is then restarted as after any crash. */
  async kill(): Promise<void> {
    await this.#running?.stop("SIGKILL", this.#spec.stopMsMax);
  }

  /** Stops it for good: it cannot be started again. */
  close(): Promise<void> {
    this.#state = "closed";
    this.#closed ??= this.stop().then(() => this.#log.close());
    return this.#closed;
  }

  async #firstStart(): Promise<void> {
    this.#state = "starting";
    const running = this.#launch();
    const problem = await this.#untilReady(() => endOf(running));
    if (problem !== undefined) {
      await this.stop();
      throw this.#startError(problem);
    }
    this.#state = "kept";
    this.#keep(running);
  }

  #launch(): RunningProcess {
    const { spawn, pidPath } = this.#spec;
    const [log, clock] = [this.#log, this.#clock];
    const running = new RunningProcess(spawn(), { log, pidPath, clock });
    this.#running = running;
    void running.gone.then(() => {
      this.#running = undefined;
    });
    return running;
  }

  #keep(running: RunningProcess): void {
    void running.gone.then(() => {
      if (this.#state !== "kept") return;
      const delayMs = this.#restartDelay.afterMs(running.upMs ?? 0);
      const again = `it is started again in ${delayMs / 1000} s`;
      this.#report(`${this.name} ended (${running.howItEnded}); ${again}. Log: ${this.#log.path}`);
      this.#restart = setTimeout(() => void this.#startAgain(), delayMs);
    });
  }

  async #startAgain(): Promise<void> {
    const running = this.#launch();
    this.#keep(running);
    if ((await this.#untilReady(() => endOf(running))) === undefined) {
      this.#report(`${this.name} is back.`);
    }
  }

  /** Why it does not become ready, or undefined once it is. */
  async #untilReady(failure: () => string | undefined): Promise<string | undefined> {
    const deadlineMs = this.#clock.monotonicMs() + this.#spec.readyMsMax;
    while (this.#clock.monotonicMs() < deadlineMs) {
      this.#problems = await this.#spec.problems();
      const isReady = this.#running !== undefined && this.#problems.length === 0;
      if (this.#state !== "starting" && this.#state !== "kept") return "it was stopped";
      const failed = failure();
      if (failed !== undefined) return failed;
      if (isReady) {
        await this.#running?.recorded;
        return undefined;
      }
      await wait(POLL_MS);
    }
    const why = this.#problems.join("; ");
    return `not ready after ${this.#spec.readyMsMax / 1000} s${why && `: ${why}`}`;
  }

  #startError(problem: string): StartError {
    const tail = this.#log.tail(TAIL_LINES_MAX).map((line) => `  ${line}`);
    const said = tail.length > 0 ? `The end of ${this.#log.path}:` : "It said nothing.";
    return new StartError([`${this.name} did not start: ${problem}. ${said}`, ...tail].join("\n"));
  }
}

function endOf(running: RunningProcess): string | undefined {
  return running.upMs === undefined ? undefined : running.howItEnded;
}
