import { ABSENT, type DataSection } from "./data-section.ts";

const KNOWN_KEYS_MAX = 1000;

/** Reads the values of given keys out of maps, in one pass over each map. */
export class MapReader<Key extends string> {
  readonly #data: DataSection;
  readonly #keys: readonly Key[];
  readonly #values: Record<Key, number>;
  /** Keys by their offset: publishers write each key once and point to it. */
  readonly #known: Map<number, Key | undefined> = new Map();

  constructor(data: DataSection, keys: readonly Key[]) {
    this.#data = data;
    this.#keys = keys;
    this.#values = Object.fromEntries(keys.map((key) => [key, ABSENT])) as Record<Key, number>;
  }

  /** The offsets of the values, ABSENT for keys that the map lacks. The object is the same at each call. */
  read(map: number): Readonly<Record<Key, number>> {
    const values = this.#values;
    const data = this.#data;
    for (const key of this.#keys) values[key] = ABSENT;
    let position = data.mapStart(map);
    for (let left = data.mapSize; left > 0; left--) {
      const key = this.#key(data.resolve(position));
      position = data.skip(position);
      if (key !== undefined) values[key] = data.resolve(position);
      position = data.skip(position);
    }
    return values;
  }

  #key(offset: number): Key | undefined {
    const known = this.#known.get(offset);
    if (known !== undefined || this.#known.has(offset)) return known;
    const text = this.#data.text(offset);
    const key = this.#keys.find((candidate) => candidate === text);
    if (this.#known.size < KNOWN_KEYS_MAX) this.#known.set(offset, key);
    return key;
  }
}
