import type { Layer } from "../layers/layer.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { NamesEncoder } from "./names-encoder.ts";
import { PartCache } from "./part-cache.ts";
import type { PartOrdinals } from "./part-ordinals.ts";

const NAME_BYTES_MAX = 48 * 1024 * 1024;
const SHARED_BYTES_MAX = 16 * 1024 * 1024;

/** The encoded `names` and `country_facts` of the places of records. */
export class NameParts {
  readonly #cache: PartCache;
  readonly #ordinals: PartOrdinals;
  #encoder = new NamesEncoder();

  constructor(ordinals: PartOrdinals) {
    this.#ordinals = ordinals;
    this.#cache = new PartCache(NAME_BYTES_MAX, ordinals);
  }

  /**
   * The slot of the names of a record. They are the same for all its variants, but the ordinal is that of the place of a variant
   * with its names.
   */
  find(layer: Layer, record: number, variant: number): number {
    const slot = this.#cache.find(record, variant);
    return slot >= 0 ? slot : this.#add(layer, record, variant);
  }

  /** The ordinal of the place with them. */
  ordinal(slot: number): number {
    return this.#cache.ordinal(slot);
  }

  /** The size of both in bytes. */
  length(slot: number): number {
    return this.#cache.length(slot) + this.#shared(slot).length;
  }

  /** Appends both to a writer; their bytes must be reserved. */
  append(slot: number, out: ByteWriter): void {
    this.#cache.append(slot, out);
    out.append(this.#shared(slot));
  }

  #shared(slot: number): Uint8Array {
    return this.#encoder.shared(this.#cache.tag(slot));
  }

  #add(layer: Layer, record: number, variant: number): number {
    if (this.#encoder.sharedBytes >= SHARED_BYTES_MAX) this.#forget();
    const names = layer.names?.(record) ?? {};
    const countryCode = layer.place?.(record, "en")?.countryCode;
    const number = this.#encoder.sharedNumber(names, countryCode);
    return this.#cache.add(record, variant, this.#encoder.own(names, number), number);
  }

  #forget(): void {
    this.#encoder = new NamesEncoder();
    this.#ordinals.restart();
  }
}
