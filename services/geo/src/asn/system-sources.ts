import { setImmediate } from "node:timers/promises";
import type { Log } from "@geomesh/runtime/log";
import type { Layer, SystemLayer } from "../layers/layer.ts";
import { CorruptMmdbError } from "../mmdb/corrupt-mmdb-error.ts";
import { mergeSystems } from "./merge-systems.ts";

/** How many files are asked for the system of an address, in all. */
export const SYSTEM_SOURCES_MAX = 16;

/** What `SystemSources` works with. */
export interface SystemSourcesDeps {
  /** Names of dataset files in order of priority; empty for all that have systems, in order of precedence. */
  readonly names: readonly string[];
  readonly log: Log;
}

/** Decides which datasets the systems of addresses come from, and merges those that speak of the same addresses. */
export class SystemSources {
  readonly #names: readonly string[];
  readonly #log: Log;
  #sources: readonly Layer[] = [];
  #result: readonly SystemLayer[] = [];
  #missing = "";

  constructor({ names, log }: SystemSourcesDeps) {
    this.#names = [...new Set(names)];
    this.#log = log;
  }

  /** What `pieces` makes; lookups go on between two pieces. */
  async of(layers: readonly Layer[]): Promise<readonly SystemLayer[]> {
    const pieces = this.pieces(layers);
    for (;;) {
      const { done, value } = pieces.next();
      if (done) return value;
      await setImmediate();
    }
  }

  /**
   * What systems are looked up in, of these layers in order of precedence: one layer, or several that share no address
   * family. It is made anew only if the sources changed, in pieces of a few milliseconds.
   */
  *pieces(layers: readonly Layer[]): Generator<void, readonly SystemLayer[]> {
    const sources = this.#choose(layers);
    if (!isSame(sources, this.#sources)) {
      this.#result = isDisjoint(sources) ? sources : yield* this.#merge(sources);
      this.#sources = sources;
    }
    return this.#result;
  }

  #choose(layers: readonly Layer[]): Layer[] {
    const [names, log] = [this.#names, this.#log];
    const able = layers.filter(({ systems }) => systems !== undefined);
    if (names.length === 0) return able.slice(0, SYSTEM_SOURCES_MAX);
    const found = names.map((name) => able.find(({ facts }) => facts.name === name));
    const missing = names.filter((_, i) => found[i] === undefined).join(", ");
    if (missing !== "" && missing !== this.#missing) {
      log.warn({ missing }, "GEO_ASN_SOURCES names files that serve no autonomous systems");
    }
    this.#missing = missing;
    return found.filter((layer) => layer !== undefined);
  }

  *#merge(sources: readonly Layer[]): Generator<void, readonly SystemLayer[]> {
    try {
      return [yield* mergeSystems(sources.flatMap(({ systems }) => systems ?? []))];
    } catch (error) {
      if (!(error instanceof CorruptMmdbError)) throw error;
      this.#log.error({ err: error }, "autonomous systems cannot be merged: the first source");
      return sources.slice(0, 1);
    }
  }
}

/** Whether no address family has two sources. */
function isDisjoint(sources: readonly Layer[]): boolean {
  const isAlone = (family: keyof Layer["families"]) =>
    sources.filter(({ families }) => families[family]).length <= 1;
  return isAlone("ipv4") && isAlone("ipv6");
}

function isSame(a: readonly Layer[], b: readonly Layer[]): boolean {
  return a.length === b.length && a.every((layer, i) => layer === b[i]);
}
