import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import type { DatasetFacts } from "../layers/layer.ts";

const DAY_MS = 24 * 3_600_000;
const AGE_DAYS_MAX = 30;

/** The age of a dataset in whole days, by its build time. `wallMs` is the current time, in milliseconds of Unix time. */
export function ageDays({ buildTime }: Pick<DatasetFacts, "buildTime">, wallMs: number): number {
  return Math.floor((wallMs - buildTime.getTime()) / DAY_MS);
}

/** True for a dataset that is more than 30 days old: addresses have moved since. */
export function isStale(facts: Pick<DatasetFacts, "buildTime">, wallMs: number): boolean {
  return ageDays(facts, wallMs) > AGE_DAYS_MAX;
}

/** Warns of each build that is more than 30 days old, once. */
export class StaleWarnings {
  readonly #clock: Clock;
  readonly #log: Log;
  #told: ReadonlySet<string> = new Set();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Looks at the datasets that are serving. */
  check(serving: readonly DatasetFacts[]): void {
    const wallMs = this.#clock.wallMs();
    const stale = serving.filter((facts) => isStale(facts, wallMs));
    const told = new Set<string>();
    for (const { name, buildTime } of stale) {
      const build = `${name} ${buildTime.toISOString()}`;
      told.add(build);
      if (this.#told.has(build)) continue;
      const days = ageDays({ buildTime }, wallMs);
      this.#log.warn(
        { dataset: name, buildTime, ageDays: days },
        `a dataset is more than ${AGE_DAYS_MAX} days old`,
      );
    }
    this.#told = told;
  }
}
