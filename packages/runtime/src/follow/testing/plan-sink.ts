import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import {
  type ChangeLoad,
  type ChangeSink,
  type NextChanges,
  NOTHING_HELD,
  type Position,
} from "../change-sink.ts";

type Plans = Map<string, { readonly revision: bigint; readonly name: string }>;

/** Holds the names of plans in memory. With `isSlow` every method takes a turn of the event loop, as a database does. */
export class PlanSink implements ChangeSink<Change> {
  #plans: Plans = new Map();
  #held = NOTHING_HELD;
  readonly #isSlow: boolean;
  /** While true nothing can be applied. */
  isBroken = false;

  constructor({ isSlow = false }: { isSlow?: boolean } = {}) {
    this.#isSlow = isSlow;
  }

  /** Names by id. */
  get names(): Record<string, string> {
    return Object.fromEntries([...this.#plans].map(([id, { name }]) => [id, name]));
  }

  /** The revision that is held. */
  get revision(): bigint {
    return this.#held.revision;
  }

  held(): Position | Promise<Position> {
    return this.#after(() => this.#held);
  }

  apply({ from, changes, through }: NextChanges<Change>): void | Promise<void> {
    return this.#after(() => {
      putAll(this.#plans, changes);
      if (through !== undefined) this.#held = { historyId: from.historyId, revision: through };
    });
  }

  load(): ChangeLoad<Change> {
    const loaded: Plans = new Map();
    return {
      add: (changes) => this.#after(() => putAll(loaded, changes)),
      finish: (position) =>
        this.#after(() => {
          [this.#plans, this.#held] = [loaded, position];
        }),
    };
  }

  #after<T>(work: () => T): T | Promise<T> {
    if (this.isBroken) throw new Error("the sink is broken");
    if (!this.#isSlow) return work();
    return new Promise((resolve) => setImmediate(resolve)).then(work);
  }
}

function putAll(plans: Plans, changes: readonly Change[]): void {
  for (const { revision, record } of changes) {
    if (record?.$case !== "plan") continue;
    const { planId, name } = record.value;
    const known = plans.get(planId);
    if (known === undefined || known.revision < revision) plans.set(planId, { revision, name });
  }
}
