/** Gives out numbers from 0 for pairs of a number below 2^21 and one below 2^32 - 1; (-1, -1) is -1. */
export class PairNumbers {
  readonly #numbers: Map<number, number> = new Map();

  get count(): number {
    return this.#numbers.size;
  }

  number(left: number, right: number): number {
    if (left === -1 && right === -1) return -1;
    const pair = (left + 1) * 0x1_0000_0000 + (right + 1);
    let number = this.#numbers.get(pair);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(pair, number);
    }
    return number;
  }
}
