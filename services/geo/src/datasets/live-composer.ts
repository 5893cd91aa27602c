import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { LocationComposer } from "../answer/location-composer.ts";
import type { DatasetFacts } from "../layers/layer.ts";
import type { Watched } from "../lists/watched.ts";
import type { OverrideTable } from "../overrides/override-table.ts";
import type { SecurityLists } from "../security/security-index.ts";
import { specialPurposeAddresses } from "../special/special-purpose.ts";
import type { DatasetCatalog, RefusedFile } from "./catalog.ts";

/** What answers come from, as far as it can change while geo runs. */
export interface LiveSources {
  readonly catalog: DatasetCatalog;
  readonly overrides: Watched<OverrideTable>;
  readonly lists: Watched<SecurityLists>;
}

/** Holds the composer in force, and makes a new one when a dataset, the overrides or a list changed. */
export class LiveComposer {
  /** Undefined while no dataset is fit to be served. */
  composer: LocationComposer | undefined;
  readonly #sources: LiveSources;
  readonly #special = specialPurposeAddresses();
  readonly #onDataset: (facts: DatasetFacts) => void;
  readonly #now: () => number;
  #announced: ReadonlySet<DatasetFacts> = new Set();

  /** `onDataset` hears of each dataset that answers come from now and did not before. */
  constructor(
    sources: LiveSources,
    { onDataset, now }: { onDataset: (facts: DatasetFacts) => void; now: () => number },
  ) {
    this.#sources = sources;
    this.#onDataset = onDataset;
    this.#now = now;
  }

  async load(): Promise<void> {
    const { catalog, overrides, lists } = this.#sources;
    await Promise.all([catalog.load(), overrides.poll(), lists.poll()]);
    this.#compose();
  }

  /** Takes over what changed since the last time. */
  async poll(): Promise<void> {
    const { catalog, overrides, lists } = this.#sources;
    const changes = [await catalog.poll(), await overrides.poll(), await lists.poll()];
    if (changes.includes(true)) this.#compose();
  }

  /** Those in force first. */
  list(): Dataset[] {
    const serving = this.facts().map((facts) => datasetMessage(facts, this.#now()));
    const refused = this.refused().map(({ name, reason }) => refusedMessage(name, reason));
    return [...serving, ...refused];
  }

  /** What the datasets in force say about themselves. */
  facts(): DatasetFacts[] {
    return this.#sources.catalog.layers.map(({ facts }) => facts);
  }

  refused(): RefusedFile[] {
    return this.#sources.catalog.refused;
  }

  /** Why geo cannot answer; empty when it can. */
  problems(): string[] {
    return this.composer === undefined ? ["no dataset is fit to be served"] : [];
  }

  /** Files of the operator's that are not in force as they are now; the last good ones are. */
  warnings(): string[] {
    const { overrides, lists } = this.#sources;
    return [overrides.problem, lists.problem].filter((problem) => problem !== undefined);
  }

  #compose(): void {
    const { catalog, overrides, lists } = this.#sources;
    const { layers } = catalog;
    this.composer =
      layers.length === 0
        ? undefined
        : new LocationComposer({
            layers,
            special: this.#special,
            overrides: overrides.value,
            lists: lists.value,
          });
    const announced = this.#announced;
    this.#announced = new Set(layers.map(({ facts }) => facts));
    for (const facts of this.#announced) if (!announced.has(facts)) this.#onDataset(facts);
  }
}

/** A dataset in force, as it is told to clients. */
export function datasetMessage(facts: DatasetFacts, now: number): Dataset {
  const ageSeconds = Math.max(0, Math.floor((now - facts.buildTime.getTime()) / 1000));
  return {
    name: facts.name,
    type: facts.type,
    buildTime: facts.buildTime,
    ageSeconds: BigInt(ageSeconds),
    networks: BigInt(facts.networks),
    license: facts.license,
    attribution: facts.attribution,
    isServing: true,
  };
}

function refusedMessage(name: string, reason: string): Dataset {
  const unknown = { type: "", buildTime: undefined, ageSeconds: 0n, license: "", attribution: "" };
  return { name, ...unknown, isServing: false, reason };
}
