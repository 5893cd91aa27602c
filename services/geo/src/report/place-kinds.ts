import type { Address } from "../address/address.ts";
import type { Layer } from "../layers/layer.ts";
import { namesPlace, type Place } from "../layers/place.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";

/** How exactly a place is known: it is within the country only, a part of it, or a town. `registered` is no place. */
export type Exactness = "registered" | "continent" | "country" | "region" | "city";

/** What a report counts of a place. */
export interface PlaceKind {
  readonly exactness: Exactness;
  readonly countryCode: string | undefined;
  readonly hasZone: boolean;
  /** The cell of one degree with the coordinates, from 0 at 90° S, 180° W, row by row; undefined without coordinates. */
  readonly cell: number | undefined;
}

/** How many cells of one degree are in a row of the Earth, and how many rows there are. */
export const CELLS = { columns: 360, rows: 180 } as const;

/** Reads what a report counts of the places of addresses. A record is read once: a dataset has a million of them. */
export class PlaceKinds {
  /** Length of the network that the last `find` holds for, in bits of the address's family. */
  prefixLength = 0;
  readonly #layers: readonly Layer[];
  readonly #known: readonly Map<number, PlaceKind | undefined>[];
  /** Each kind once, as there are few of them. */
  readonly #kinds: Map<string, PlaceKind> = new Map();

  /** `layers` are those with places, in order of precedence. */
  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
    this.#known = layers.map(() => new Map());
  }

  /** The kind of the place that is answered for an address; undefined if nothing is known of it. */
  find(address: Address): PlaceKind | undefined {
    this.prefixLength = 0;
    let registered: PlaceKind | undefined;
    for (let i = 0; i < this.#layers.length; i++) {
      const layer = this.#layers[i] as Layer;
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record === NO_RECORD) continue;
      const kind = this.#kindOf(i, record);
      if (kind === undefined) continue;
      if (kind.exactness !== "registered") return kind;
      registered ??= kind;
    }
    return registered;
  }

  /** The place that is answered for an address, in English; undefined if none is known. */
  read(address: Address): Place | undefined {
    for (const layer of this.#layers) {
      const record = layer.find(address);
      const place = record === NO_RECORD ? undefined : layer.place?.(record, "en");
      if (place !== undefined && namesPlace(place)) return place;
    }
    return undefined;
  }

  /** The kind of a place. */
  of(place: Place): PlaceKind {
    const exactness = exactnessOf(place);
    const { countryCode } = place;
    const hasZone = place.timezoneName !== undefined;
    const cell = cellOf(place);
    const key = `${exactness} ${countryCode} ${hasZone} ${cell}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { exactness, countryCode, hasZone, cell };
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  #kindOf(index: number, record: number): PlaceKind | undefined {
    const known = this.#known[index] as Map<number, PlaceKind | undefined>;
    let kind = known.get(record);
    if (kind === undefined && !known.has(record)) {
      const place = this.#layers[index]?.place?.(record, "en");
      const isEmpty = place === undefined || Object.values(place).every((it) => it === undefined);
      kind = isEmpty ? undefined : this.of(place);
      known.set(record, kind);
    }
    return kind;
  }
}

function exactnessOf(place: Place): Exactness {
  if (!namesPlace(place)) return "registered";
  if (place.city !== undefined || place.postalCode !== undefined) return "city";
  if (place.region !== undefined || place.regionIsoCode !== undefined) return "region";
  return place.countryCode === undefined ? "continent" : "country";
}

function cellOf({ latitude, longitude }: Place): number | undefined {
  if (latitude === undefined || longitude === undefined) return undefined;
  const row = Math.min(CELLS.rows - 1, Math.floor(latitude + 90));
  const column = Math.min(CELLS.columns - 1, Math.floor(longitude + 180));
  return row * CELLS.columns + column;
}
