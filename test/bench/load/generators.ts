import { type Child, startProgram } from "../child.ts";
import { Latencies } from "./latencies.ts";
import type { LoadOutput, LoadPlan } from "./plan.ts";

/** What a load measured. */
export interface LoadResult extends Omit<LoadOutput, "latencies"> {
  readonly latencies: Latencies;
}

/** A load generator that is connected and waits. */
export interface ReadyLoad {
  /** Sends the load and resolves with what it measured. To be called once. */
  run(): Promise<LoadResult>;
}

/** Load generators, each in a process of its own; as many as work at the same time. */
export class LoadGenerators {
  readonly #all: Child[] = [];
  readonly #idle: Child[] = [];

  /** Resolves once a load generator has all its connections. */
  async prepare(plan: LoadPlan): Promise<ReadyLoad> {
    const child = this.#idle.pop() ?? this.#start();
    child.tell(JSON.stringify(plan));
    await child.line();
    return {
      run: async () => {
        child.tell("go");
        const output = JSON.parse(await child.line()) as LoadOutput;
        this.#idle.push(child);
        return { ...output, latencies: Latencies.sum([output.latencies]) };
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((child) => child.close()));
  }

  #start(): Child {
    const child = startProgram("load/main.ts");
    this.#all.push(child);
    return child;
  }
}
