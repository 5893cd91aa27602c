import type { ChildProcess } from "node:child_process";
import { RestartDelay } from "@geomesh/runtime/async/restart-delay";
import { type Clock, startAge } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import type { Distributor } from "./distributor.ts";
import type { WorkerReport } from "./messages.ts";
import { WorkerLife } from "./worker-life.ts";
import type { WorkerPlace } from "./worker-place.ts";

/** What keeping a worker works with. */
export interface KeptWorkerDeps {
  /** Starts the process of a worker, with its standard input as a pipe and a channel for messages. */
  readonly spawn: (place: WorkerPlace) => ChildProcess;
  readonly distributor: Distributor;
  readonly clock: Clock;
  readonly log: Log;
  /** Called for each restart. */
  readonly onRestart: () => void;
}

/** A worker that is started again, after growing pauses of up to 5 s, whenever it ends without being asked to. */
export class KeptWorker {
  readonly #deps: KeptWorkerDeps;
  readonly #place: WorkerPlace;
  readonly #delay = new RestartDelay();
  #life: WorkerLife | undefined;
  #restart: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isLeaving = false;
  #state = "is not started yet";

  constructor(deps: KeptWorkerDeps, place: WorkerPlace) {
    this.#deps = deps;
    this.#place = place;
  }

  /** Takes connections. */
  get isAccepting(): boolean {
    return this.#life?.isAccepting ?? false;
  }

  /** Starts it and resolves once it takes connections. Errors: INTERNAL with a sentence when it ends before. */
  async start(): Promise<void> {
    const life = this.#launch();
    await life.accepting;
    this.#keep(life);
  }

  /** How it is; one that does not serve or does not answer is a problem. Never rejects. */
  async report(): Promise<WorkerReport> {
    const name = `worker ${this.#place.worker}`;
    const told = this.isAccepting ? await this.#life?.report() : undefined;
    if (told !== undefined) {
      const problems = told.problems.map(({ reason, message }) => ({
        reason,
        message: `${name}: ${message}`,
      }));
      return { ...told, problems };
    }
    const state = this.isAccepting ? "does not answer" : this.#state;
    const problem = { reason: "worker_unavailable", message: `${name} ${state}` };
    return { problems: [problem], metrics: [] };
  }

  /** Tells it that the gateway ends soon, and whoever takes its place. */
  leave(): void {
    this.#isLeaving = true;
    if (this.isAccepting) this.#life?.leave();
  }

  /** Stops it for good, within `graceMs` milliseconds. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    await this.#life?.stop(graceMs);
  }

  #launch(): WorkerLife {
    const { spawn, distributor, log } = this.#deps;
    const life = new WorkerLife({ child: spawn(this.#place), distributor });
    this.#life = life;
    this.#state = "is starting";
    void life.accepting.then(
      () => this.#isLeaving && life.leave(),
      () => undefined,
    );
    log.debug({ worker: this.#place.worker, pid: life.pid }, "a worker was started");
    return life;
  }

  #keep(life: WorkerLife): void {
    const { clock, log, onRestart } = this.#deps;
    const ageMs = startAge(clock);
    void life.ended.then((how) => {
      if (this.#isStopped) return;
      const delayMs = this.#delay.afterMs(ageMs());
      this.#state = `ended (${how}) and is started again`;
      log.warn({ worker: this.#place.worker, how, delayMs }, "a worker ended; it is started again");
      this.#restart = setTimeout(() => {
        onRestart();
        this.#keep(this.#launch());
      }, delayMs);
    });
  }
}
