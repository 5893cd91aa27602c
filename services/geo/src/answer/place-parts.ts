import { LANGUAGES } from "@geomesh/terms/languages";
import type { Address } from "../address/address.ts";
import type { Language } from "../layers/languages.ts";
import type { Layer } from "../layers/layer.ts";
import type { Place, PlaceNames } from "../layers/place.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { NameParts } from "./name-parts.ts";
import { PartCache } from "./part-cache.ts";
import type { PartOrdinals } from "./part-ordinals.ts";
import { PlaceEncoder } from "./place-encoder.ts";
import type { ZoneParts } from "./zone-parts.ts";

const PLACE_BYTES_MAX = 48 * 1024 * 1024;
const SHARED_PARTS_MAX = 200_000;

/** A tag is the number of the shared part times this, plus the number of the time zone. */
const ZONES_MAX = 1024;
const NO_PLACE = 0xffffffff;
const NOTHING = new Uint8Array(0);

/** What places are encoded with. */
export interface PlacePartsDeps {
  /** In order of precedence. */
  readonly layers: readonly Layer[];
  readonly zones: ZoneParts;
  readonly ordinals: PartOrdinals;
  /** Flags are at this URL, as in `flagOf`. */
  readonly publicUrl: string;
}

/** The encoded place fields of records, from the first layer that has a place for an address. */
export class PlaceParts {
  /** Length of the network that the last `find` or `facts` holds for, in bits of the address's family. */
  prefixLength = 0;
  readonly cache: PartCache;
  readonly #ordinals: PartOrdinals;
  readonly #layers: readonly Layer[];
  readonly #zones: ZoneParts;
  readonly #publicUrl: string;
  #encoder: PlaceEncoder;
  #names: NameParts | undefined;
  /** Where the place is that the last `find` or `facts` found. */
  #layer = 0;
  #record = NO_RECORD;

  constructor({ layers, zones, ordinals, publicUrl }: PlacePartsDeps) {
    this.#ordinals = ordinals;
    this.cache = new PartCache(PLACE_BYTES_MAX, ordinals);
    this.#layers = layers;
    this.#zones = zones;
    this.#publicUrl = publicUrl;
    this.#encoder = new PlaceEncoder(publicUrl);
  }

  /** The slot of an address's place in the cache; -1 if the address has no place. `language` is an index of LANGUAGES. */
  find(address: Address, language: number): number {
    this.prefixLength = 0;
    for (let i = 0; i < this.#layers.length; i++) {
      const layer = this.#layers[i] as Layer;
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record === NO_RECORD) continue;
      const variant = variantOf(i, language);
      let slot = this.cache.find(record, variant);
      if (slot < 0) slot = this.#add(layer, record, variant);
      if (this.cache.tag(slot) === NO_PLACE) continue;
      this.#layer = i;
      this.#record = record;
      return slot;
    }
    return -1;
  }

  /** The slot in `names` of the place that the last `find` found in a language. */
  findNames(language: number): number {
    const layer = this.#layers[this.#layer] as Layer;
    return this.names.find(layer, this.#record, variantOf(this.#layer, language));
  }

  /** The encoded names of places; made when they are asked for. */
  get names(): NameParts {
    this.#names ??= new NameParts(this.#ordinals);
    return this.#names;
  }

  /** The same as `find` as an object, read anew. */
  facts(address: Address, language: Language): Place | undefined {
    this.prefixLength = 0;
    this.#record = NO_RECORD;
    for (const [i, layer] of this.#layers.entries()) {
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      const place = record === NO_RECORD ? undefined : layer.place?.(record, language);
      if (place === undefined) continue;
      this.#layer = i;
      this.#record = record;
      return place;
    }
    return undefined;
  }

  /** The names of the place that the last `facts` found, read anew. */
  nameFacts(): PlaceNames {
    if (this.#record === NO_RECORD) return {};
    return this.#layers[this.#layer]?.names?.(this.#record) ?? {};
  }

  /** The number of the time zone of the place in a slot. */
  zone(slot: number): number {
    return this.cache.tag(slot) % ZONES_MAX;
  }

  /** The encoded fields that the place in a slot shares with others of its region. */
  shared(slot: number): Uint8Array {
    return this.#encoder.shared(Math.floor(this.cache.tag(slot) / ZONES_MAX));
  }

  /** All fields of a place, encoded. */
  encode(place: Place): Uint8Array {
    const shared = this.#encoder.shared(this.#encoder.sharedNumber(place));
    return Buffer.concat([shared, this.#encoder.own(place)]);
  }

  #add(layer: Layer, record: number, variant: number): number {
    if (this.#encoder.sharedCount >= SHARED_PARTS_MAX) this.#forget();
    const place = layer.place?.(record, LANGUAGES[variant % LANGUAGES.length] as Language);
    if (place === undefined) return this.cache.add(record, variant, NOTHING, NO_PLACE);
    const zone = this.#zones.number(place.timezoneName);
    const tag = this.#encoder.sharedNumber(place) * ZONES_MAX + zone;
    return this.cache.add(record, variant, this.#encoder.own(place), tag);
  }

  #forget(): void {
    this.#encoder = new PlaceEncoder(this.#publicUrl);
    this.#ordinals.restart();
  }
}

function variantOf(layer: number, language: number): number {
  return layer * LANGUAGES.length + language;
}
