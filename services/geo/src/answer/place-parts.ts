import type { Address } from "../address/address.ts";
import { type Language, languages } from "../languages.ts";
import type { Layer } from "../layers/layer.ts";
import type { Place } from "../layers/place.ts";
import { noRecord } from "../mmdb/search-tree.ts";
import { PartCache } from "./part-cache.ts";
import { PlaceEncoder } from "./place-encoder.ts";
import type { ZoneParts } from "./zone-parts.ts";

const placeBytesMax = 48 * 1024 * 1024;
const sharedPartsMax = 200_000;

/** A tag holds the number of the time zone below that of the shared part. */
const zonesMax = 1024;
const noPlace = 0xffffffff;
const nothing = new Uint8Array(0);

/** The encoded place fields of records, from the first layer that has a place for an address. */
export class PlaceParts {
  prefixLength = 0;
  cache = new PartCache(placeBytesMax);
  readonly #layers: readonly Layer[];
  readonly #zones: ZoneParts;
  #encoder = new PlaceEncoder();

  constructor(layers: readonly Layer[], zones: ZoneParts) {
    this.#layers = layers;
    this.#zones = zones;
  }

  /** The cache's slot of an address's place; -1 if it has none. */
  find(address: Address, language: number): number {
    this.prefixLength = 0;
    for (let i = 0; i < this.#layers.length; i++) {
      const layer = this.#layers[i] as Layer;
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record === noRecord) continue;
      const variant = i * languages.length + language;
      let slot = this.cache.find(record, variant);
      if (slot < 0) slot = this.#add(layer, record, variant);
      if (this.cache.tag(slot) !== noPlace) return slot;
    }
    return -1;
  }

  /** The same as an object, read anew. */
  facts(address: Address, language: Language): Place | undefined {
    this.prefixLength = 0;
    for (const layer of this.#layers) {
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      const place = record === noRecord ? undefined : layer.place?.(record, language);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  /** The number of the time zone of the place in a slot. */
  zone(slot: number): number {
    return this.cache.tag(slot) % zonesMax;
  }

  /** What the place in a slot shares with others of its region. */
  shared(slot: number): Uint8Array {
    return this.#encoder.shared(Math.floor(this.cache.tag(slot) / zonesMax));
  }

  /** All fields of a place. */
  encode(place: Place): Uint8Array {
    const shared = this.#encoder.shared(this.#encoder.sharedNumber(place));
    return Buffer.concat([shared, this.#encoder.own(place)]);
  }

  #add(layer: Layer, record: number, variant: number): number {
    if (this.#encoder.sharedCount >= sharedPartsMax) this.#forget();
    const place = layer.place?.(record, languages[variant % languages.length] as Language);
    if (place === undefined) return this.cache.add(record, variant, nothing, noPlace);
    const zone = this.#zones.number(place.timezoneName);
    const tag = this.#encoder.sharedNumber(place) * zonesMax + zone;
    return this.cache.add(record, variant, this.#encoder.own(place), tag);
  }

  #forget(): void {
    this.#encoder = new PlaceEncoder();
    this.cache = new PartCache(placeBytesMax);
  }
}
