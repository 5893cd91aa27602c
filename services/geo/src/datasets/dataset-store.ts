import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { LocationComposer } from "../answer/location-composer.ts";
import type { DatasetFacts, Layer } from "../layers/layer.ts";
import { OverrideTable } from "../overrides/override-table.ts";
import { specialPurposeAddresses } from "../special/special-purpose.ts";

/** The datasets in force and what answers are composed from. */
export class DatasetStore {
  #composer: LocationComposer | undefined;
  #facts: readonly DatasetFacts[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get composer(): LocationComposer | undefined {
    return this.#composer;
  }

  /** From now on answers come from these layers, in their order of precedence. */
  use(layers: readonly Layer[]): void {
    this.#facts = layers.map((layer) => layer.facts);
    const sources = {
      layers,
      special: specialPurposeAddresses(),
      overrides: new OverrideTable([]),
      lists: { blocks: [], systems: new Map(), isKnown: 0 },
    };
    this.#composer = layers.length === 0 ? undefined : new LocationComposer(sources);
  }

  list(): Dataset[] {
    return this.#facts.map((facts) => datasetMessage(facts, this.#now()));
  }
}

function datasetMessage(facts: DatasetFacts, now: number): Dataset {
  const ageSeconds = Math.max(0, Math.floor((now - facts.buildTime.getTime()) / 1000));
  return {
    name: facts.name,
    type: facts.type,
    buildTime: facts.buildTime,
    ageSeconds: BigInt(ageSeconds),
    networks: facts.networks === undefined ? undefined : BigInt(facts.networks),
    license: facts.license,
    attribution: facts.attribution,
    isServing: true,
  };
}
