import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { AppError } from "@geomesh/runtime/errors";
import type { Distributor, HandedConnection, Recipient } from "./distributor.ts";
import type { ReportMessage, ToSupervisor, ToWorker, WorkerReport } from "./messages.ts";

const REPORT_MS_MAX = 1_000;

/** What a life of a worker works with. */
export interface WorkerLifeDeps {
  readonly child: ChildProcess;
  readonly distributor: Distributor;
}

/** One life of a worker: its process from start to end. */
export class WorkerLife implements Recipient {
  readonly #child: ChildProcess;
  readonly #distributor: Distributor;
  readonly #reports = new Map<number, (report: ReportMessage) => void>();
  readonly #accepting = Promise.withResolvers<void>();
  #reportId = 0;
  #isAccepting = false;
  #failure: string | undefined;
  /** Resolves with the signal or exit status that ended it. Never rejects. */
  readonly ended: Promise<string>;

  constructor({ child, distributor }: WorkerLifeDeps) {
    this.#child = child;
    this.#distributor = distributor;
    this.#accepting.promise.catch(() => undefined);
    child.on("message", (message) => this.#hear(message as ToSupervisor));
    // A worker that is gone shows first as a broken pipe; only its end counts.
    child.stdin?.on("error", () => undefined);
    this.ended = endOf(child).then((how) => {
      this.#isAccepting = false;
      distributor.ended(this);
      const sentence =
        this.#failure ?? `a worker ended (${how}) before it served; the log says why`;
      this.#accepting.reject(new AppError("INTERNAL", { message: sentence }));
      return how;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Takes connections. */
  get isAccepting(): boolean {
    return this.#isAccepting;
  }

  /** Resolves once it takes connections. Errors: INTERNAL with a sentence when it ended before. */
  get accepting(): Promise<void> {
    return this.#accepting.promise;
  }

  hand(id: number, { socket, door }: HandedConnection): void {
    // What fails is handed to another when this worker ends, which is why it failed.
    this.#send({ kind: "connection", id, door }, socket);
  }

  /** Asks how it is. Undefined when it does not answer within 1 s. */
  report(): Promise<WorkerReport | undefined> {
    this.#reportId += 1;
    const id = this.#reportId;
    const { promise, resolve } = Promise.withResolvers<WorkerReport | undefined>();
    const timer = setTimeout(() => resolve(undefined), REPORT_MS_MAX);
    this.#reports.set(id, resolve);
    this.#send({ kind: "report", id });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#reports.delete(id);
    });
  }

  /** Tells it that the gateway ends soon. */
  leave(): void {
    this.#send({ kind: "leave" });
  }

  /** Asks it to end, kills it after `graceMs` milliseconds, and resolves once it has ended. */
  async stop(graceMs: number): Promise<void> {
    this.#child.stdin?.end();
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await this.ended;
    clearTimeout(kill);
  }

  #send(message: ToWorker, socket?: Socket): void {
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: true }, () => {});
  }

  #hear(message: ToSupervisor): void {
    switch (message.kind) {
      case "accepting":
        this.#isAccepting = true;
        this.#distributor.open(this);
        this.#accepting.resolve();
        break;
      case "leaving":
        this.#isAccepting = false;
        this.#distributor.shut(this);
        break;
      case "took":
        this.#distributor.took(this, message.id);
        break;
      case "returned":
        this.#distributor.returned(this, message.id);
        break;
      case "report":
        this.#reports.get(message.id)?.(message);
        break;
      case "failed":
        this.#failure = message.sentence;
    }
  }
}

/** Resolves once the process is gone and its channel is empty. */
function endOf(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once("close", (status, signal) => resolve(signal ?? `exit status ${status}`));
  child.on("error", (error) => {
    if (child.pid === undefined) resolve(error.message);
  });
  return promise;
}
