const ORDINALS_MAX = 2 ** 21;

/**
 * Gives each part that a composer keeps a number of its own, dense from 0 on, so that a stream can note in a flat array
 * which parts it has sent. Whoever forgets a part begins a new epoch, in which all parts get ordinals anew.
 */
export class PartOrdinals {
  /** Grows each time all ordinals become void. */
  epoch = 0;
  readonly #ordinalsMax: number;
  #count = 0;

  /** An epoch has at most `ordinalsMax` ordinals; default 2,097,152. */
  constructor(ordinalsMax = ORDINALS_MAX) {
    this.#ordinalsMax = ordinalsMax;
  }

  /** The next ordinal; the first of a new epoch where this one is full. */
  next(): number {
    if (this.#count === this.#ordinalsMax) this.restart();
    return this.#count++;
  }

  /** Begins a new epoch. */
  restart(): void {
    this.epoch++;
    this.#count = 0;
  }
}
