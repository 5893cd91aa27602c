import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { Log } from "@geomesh/runtime/log";
import { LocationComposer, type Sources } from "../answer/location-composer.ts";
import type { SystemSources } from "../asn/system-sources.ts";
import type { DatasetCatalog, RefusedFile } from "../datasets/catalog.ts";
import type { DatasetFacts, Layer } from "../layers/layer.ts";
import type { Watched } from "../operator-files/watched.ts";
import type { OverrideTable } from "../overrides/override-table.ts";
import type { SecurityLists } from "../security/security-index.ts";
import { specialPurposeAddresses } from "../special/special-purpose.ts";

/** What answers come from, as far as it can change while geo runs, and what is told of it. */
export interface LiveComposerDeps {
  readonly catalog: DatasetCatalog;
  readonly systemSources: SystemSources;
  readonly overrides: Watched<OverrideTable>;
  readonly lists: Watched<SecurityLists>;
  readonly log: Log;
  /** As in `ComposerOptions`. */
  readonly publicUrl: string;
  /** Receives each dataset that starts to serve. */
  readonly onDataset: (dataset: Dataset) => void;
}

const LOADING = "no dataset is loaded yet";

/** Holds the composer that is serving, and makes a new one when a dataset, the overrides or a list changed. */
export class LiveComposer {
  /** Undefined while no dataset can serve, and while none has places after there was one: null would be a wrong answer. */
  composer: LocationComposer | undefined;
  /** What it composes of, for whoever asks where an answer comes from; undefined as it is. */
  sources: Sources | undefined;
  #problem: string | undefined = LOADING;
  #hadPlaces = false;
  readonly #deps: LiveComposerDeps;
  readonly #special = specialPurposeAddresses();
  #announced: ReadonlySet<DatasetFacts> = new Set();

  constructor(deps: LiveComposerDeps) {
    this.#deps = deps;
  }

  /** Loads all files for the first time. */
  async load(): Promise<void> {
    const { catalog, overrides, lists } = this.#deps;
    await Promise.all([catalog.load(), overrides.poll(), lists.poll()]);
    await this.#compose();
  }

  /** Takes over what changed since the last time. */
  async poll(): Promise<void> {
    const { catalog, overrides, lists } = this.#deps;
    const changes = [await catalog.poll(), await overrides.poll(), await lists.poll()];
    if (changes.includes(true)) await this.#compose();
    // The reasons may have changed.
    else if (this.#problem !== undefined) this.#judge(catalog.layers);
  }

  /** The datasets as clients see them, those that are serving first. */
  list(): Dataset[] {
    const serving = this.facts().map((facts) => servingMessage(facts));
    const refused = this.refused().map(({ name, reason }) => refusedMessage(name, reason));
    return [...serving, ...refused];
  }

  /** What the datasets that are serving say about themselves. */
  facts(): DatasetFacts[] {
    return this.#deps.catalog.layers.map(({ facts }) => facts);
  }

  /** The dataset files that are not serving as they are now. */
  refused(): RefusedFile[] {
    return this.#deps.catalog.refused;
  }

  /** Why geo cannot answer; empty when it can. */
  problems(): string[] {
    return this.#problem === undefined ? [] : [this.#problem];
  }

  /** Why overrides or lists are refused as they are now; their last valid version applies. */
  warnings(): string[] {
    const { overrides, lists } = this.#deps;
    return [overrides.problem, lists.problem].filter((problem) => problem !== undefined);
  }

  async #compose(): Promise<void> {
    const { catalog, systemSources, overrides, lists, publicUrl, onDataset } = this.#deps;
    const { layers } = catalog;
    const systems = await systemSources.of(layers);
    this.#judge(layers);
    this.sources =
      this.#problem === undefined
        ? {
            layers,
            systems,
            special: this.#special,
            overrides: overrides.value,
            lists: lists.value,
          }
        : undefined;
    this.composer = this.sources && new LocationComposer(this.sources, { publicUrl });
    const announced = this.#announced;
    this.#announced = new Set(layers.map(({ facts }) => facts));
    for (const facts of this.#announced) {
      if (!announced.has(facts)) onDataset(servingMessage(facts));
    }
  }

  /** Says whether answers can come from these layers, and logs when that changes. */
  #judge(layers: readonly Layer[]): void {
    const { catalog, log } = this.#deps;
    const before = this.#problem;
    const hasPlaces = layers.some(({ place }) => place !== undefined);
    this.#hadPlaces ||= hasPlaces;
    if (layers.length > 0 && (hasPlaces || !this.#hadPlaces)) this.#problem = undefined;
    else if (layers.length === 0) this.#problem = `no dataset can serve: ${catalog.emptiness}`;
    else this.#problem = `no dataset can serve places any more: ${catalog.emptiness}`;
    if (this.#problem !== undefined && this.#problem !== before) log.error(this.#problem);
    const isBack = this.#problem === undefined && before !== undefined && before !== LOADING;
    if (isBack) log.info("datasets can serve again");
  }
}

function servingMessage(facts: DatasetFacts): Dataset {
  return {
    name: facts.name,
    type: facts.type,
    buildTime: facts.buildTime,
    networks: facts.networks,
    license: facts.license,
    attribution: facts.attribution,
    isServing: true,
  };
}

function refusedMessage(name: string, reason: string): Dataset {
  const unknown = { type: "", buildTime: undefined, license: "", attribution: "" };
  return { name, ...unknown, isServing: false, reason };
}
