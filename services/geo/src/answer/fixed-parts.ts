import type { PartOrdinals } from "./part-ordinals.ts";

/** A part that an answer does not have. */
export const NO_ORDINAL = -1;

/** A few parts that are made once and kept for ever. */
export class FixedParts {
  readonly #parts: readonly Uint8Array[];
  readonly #ordinals: PartOrdinals;
  readonly #given: Int32Array;
  #epoch: number;

  constructor(parts: readonly Uint8Array[], ordinals: PartOrdinals) {
    this.#parts = parts;
    this.#ordinals = ordinals;
    this.#given = new Int32Array(parts.length).fill(NO_ORDINAL);
    this.#epoch = ordinals.epoch;
  }

  /** The bytes of a part. */
  part(index: number): Uint8Array {
    return this.#parts[index] as Uint8Array;
  }

  /** The ordinal of a part; NO_ORDINAL for one without bytes. */
  ordinal(index: number): number {
    if (this.#epoch !== this.#ordinals.epoch) this.#forget();
    const given = this.#given[index] as number;
    if (given !== NO_ORDINAL || this.part(index).length === 0) return given;
    const ordinal = this.#ordinals.next();
    if (this.#epoch !== this.#ordinals.epoch) this.#forget();
    this.#given[index] = ordinal;
    return ordinal;
  }

  #forget(): void {
    this.#given.fill(NO_ORDINAL);
    this.#epoch = this.#ordinals.epoch;
  }
}
