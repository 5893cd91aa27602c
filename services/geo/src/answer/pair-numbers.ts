/** Numbers pairs from 0 on. The left number is below 2^21, the right one below 2^32 - 1, and (-1, -1) is always -1. */
export class PairNumbers {
  readonly #numbers: Map<number, number> = new Map();

  /** How many pairs have a number. */
  get count(): number {
    return this.#numbers.size;
  }

  /** The number of a pair, the same each time. */
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
