import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { LANGUAGES } from "@geomesh/terms/languages";
import type { Address } from "../address/address.ts";
import type { Language } from "../layers/languages.ts";
import type { Layer } from "../layers/layer.ts";
import { namesPlace, type Place, type PlaceNames } from "../layers/place.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { NameParts } from "./name-parts.ts";
import { PartCache } from "./part-cache.ts";
import type { PartOrdinals } from "./part-ordinals.ts";
import { PlaceEncoder } from "./place-encoder.ts";
import { NO_ZONE, type ZoneParts } from "./zone-parts.ts";

const PLACE_BYTES_MAX = 48 * 1024 * 1024;
const SHARED_PARTS_MAX = 200_000;

/** A tag is the number of the shared part times this, plus the number of the time zone. */
const ZONES_MAX = 1024;
/** Of a record that tells only where its network is registered: this, plus the number of that country. No shared part is so high. */
const ONLY_REGISTERED = 0x80000000;
const NO_PLACE = 0xffffffff;
/** The number of no country of registration. */
const NOWHERE = 0;
/** A cache tells variants below this apart. */
const VARIANTS_MAX = 2 ** 16;
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

/**
 * The encoded place fields of records, from the first layer that has a place for an address. Where layers before it know in which
 * country the network is registered, and it does not, it has that from them.
 */
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
  #variant = 0;
  /** Countries of registration by number. Most places have one of their own: few numbers are ever given. */
  readonly #registered: string[] = [];
  readonly #registeredMax: number;

  constructor({ layers, zones, ordinals, publicUrl }: PlacePartsDeps) {
    this.#ordinals = ordinals;
    this.cache = new PartCache(PLACE_BYTES_MAX, ordinals);
    this.#layers = layers;
    this.#zones = zones;
    this.#publicUrl = publicUrl;
    this.#encoder = new PlaceEncoder(publicUrl);
    this.#registeredMax = Math.floor(VARIANTS_MAX / (layers.length * LANGUAGES.length)) - 1;
  }

  /**
   * The slot in the cache of an address's place, or of its country of registration alone; -1 if the address has neither. `language`
   * is an index of LANGUAGES.
   */
  find(address: Address, language: number): number {
    this.prefixLength = 0;
    let registered = NOWHERE;
    for (let i = 0; i < this.#layers.length; i++) {
      const layer = this.#layers[i] as Layer;
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      if (record === NO_RECORD) continue;
      const variant = this.#variantOf(i, language, registered);
      const slot = this.#slot(i, record, variant);
      const tag = this.cache.tag(slot);
      if (tag === NO_PLACE || (tag >= ONLY_REGISTERED && registered !== NOWHERE)) continue;
      this.#layer = i;
      this.#record = record;
      this.#variant = variant;
      if (tag < ONLY_REGISTERED) return slot;
      registered = tag - ONLY_REGISTERED;
    }
    // Its slot may be another one since.
    return registered === NOWHERE ? -1 : this.#slot(this.#layer, this.#record, this.#variant);
  }

  /** The slot in `names` of the place that the last `find` found. */
  findNames(): number {
    return this.names.find(this.#layers[this.#layer] as Layer, this.#record, this.#variant);
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
    let registered: Place | undefined;
    for (const [i, layer] of this.#layers.entries()) {
      const record = layer.find(address);
      this.prefixLength = Math.max(this.prefixLength, layer.prefixLength);
      const place = record === NO_RECORD ? undefined : layer.place?.(record, language);
      if (place === undefined) continue;
      if (!namesPlace(place)) {
        if (place.registeredCountryCode !== undefined) registered ??= place;
        continue;
      }
      this.#layer = i;
      this.#record = record;
      return withRegistered(place, registered?.registeredCountryCode);
    }
    return registered;
  }

  /** The names of the place that the last `facts` found, read anew. */
  nameFacts(): PlaceNames {
    if (this.#record === NO_RECORD) return {};
    return this.#layers[this.#layer]?.names?.(this.#record) ?? {};
  }

  /** The number of the time zone of the place in a slot. */
  zone(slot: number): number {
    const tag = this.cache.tag(slot);
    return tag >= ONLY_REGISTERED ? NO_ZONE : tag % ZONES_MAX;
  }

  /** The encoded fields that the place in a slot shares with others of its region. */
  shared(slot: number): Uint8Array {
    const tag = this.cache.tag(slot);
    return tag >= ONLY_REGISTERED ? NOTHING : this.#encoder.shared(Math.floor(tag / ZONES_MAX));
  }

  /** All fields of a place, encoded. */
  encode(place: Place): Uint8Array {
    const shared = this.#encoder.shared(this.#encoder.sharedNumber(place));
    return Buffer.concat([shared, this.#encoder.own(place)]);
  }

  #slot(layer: number, record: number, variant: number): number {
    const slot = this.cache.find(record, variant);
    return slot >= 0 ? slot : this.#add(layer, record, variant);
  }

  #add(layer: number, record: number, variant: number): number {
    if (this.#encoder.sharedCount >= SHARED_PARTS_MAX) this.#forget();
    const language = LANGUAGES[variant % LANGUAGES.length] as Language;
    const read = this.#layers[layer]?.place?.(record, language);
    if (read === undefined) return this.cache.add(record, variant, NOTHING, NO_PLACE);
    if (!namesPlace(read)) return this.#addRegistered(record, variant, read.registeredCountryCode);
    const number = Math.floor(variant / (this.#layers.length * LANGUAGES.length));
    const place = withRegistered(read, this.#registered[number - 1]);
    const zone = this.#zones.number(place.timezoneName);
    const tag = this.#encoder.sharedNumber(place) * ZONES_MAX + zone;
    return this.cache.add(record, variant, this.#encoder.own(place), tag);
  }

  #addRegistered(record: number, variant: number, registeredCountryCode?: string): number {
    const number = this.#numberOf(registeredCountryCode);
    if (number === NOWHERE) return this.cache.add(record, variant, NOTHING, NO_PLACE);
    const part = Location.encode(Location.fromPartial({ registeredCountryCode })).finish();
    return this.cache.add(record, variant, part, ONLY_REGISTERED + number);
  }

  /** The number of a country of registration. With more than 30 layers there may be no more numbers. */
  #numberOf(code: string | undefined): number {
    if (code === undefined) return NOWHERE;
    const index = this.#registered.indexOf(code);
    if (index >= 0) return index + 1;
    return this.#registered.length < this.#registeredMax ? this.#registered.push(code) : NOWHERE;
  }

  #variantOf(layer: number, language: number, registered: number): number {
    return (registered * this.#layers.length + layer) * LANGUAGES.length + language;
  }

  #forget(): void {
    this.#encoder = new PlaceEncoder(this.#publicUrl);
    this.#ordinals.restart();
  }
}

function withRegistered(place: Place, registeredCountryCode: string | undefined): Place {
  if (registeredCountryCode === undefined || place.registeredCountryCode !== undefined)
    return place;
  return { ...place, registeredCountryCode };
}
