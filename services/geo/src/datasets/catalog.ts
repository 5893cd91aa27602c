import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import { inspectIfKnown } from "../inspect/inspect-file.ts";
import { inspectInThread } from "../inspect/inspect-in-thread.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import type { Layer } from "../layers/layer.ts";
import { reasonAgainst } from "./compare-builds.ts";
import type { FindingsStore } from "./findings-store.ts";
import { byPrecedence, layerOf } from "./layer-of.ts";

const DATASET_EXTENSIONS = new Set([".mmdb", ".csv"]);

/** How many files are inspected at the same time: each may take the memory of a whole dataset. */
const INSPECTIONS_MAX = 2;

/** A file of the directory at the last poll. */
interface Entry {
  /** Changes with the file. */
  signature: string;
  /** What answers come from: an earlier build while a later one is refused. */
  layer?: Layer | undefined;
  /** Why the file is not serving as it is now. */
  reason?: string;
}

/** A file that is not serving as it is now. */
export interface RefusedFile {
  readonly name: string;
  readonly reason: string;
}

/** What the catalog works with. */
export interface DatasetCatalogDeps {
  readonly directory: string;
  readonly findings: FindingsStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The dataset files of a directory. A change is known by the identity, size and time of a file, because file events get
 * lost in containers. Each file is inspected before it serves; while it is refused, the build before it continues to serve.
 */
export class DatasetCatalog {
  readonly #deps: DatasetCatalogDeps;
  readonly #entries: Map<string, Entry> = new Map();
  #seen: Map<string, string> = new Map();

  constructor(deps: DatasetCatalogDeps) {
    this.#deps = deps;
  }

  /** The layers that are serving, in order of precedence. */
  get layers(): Layer[] {
    const layers = [...this.#entries.values()].flatMap(({ layer }) => layer ?? []);
    return byPrecedence(layers);
  }

  /** The refused files, by name. */
  get refused(): RefusedFile[] {
    const refused = [...this.#entries].flatMap(([name, { reason }]) =>
      reason === undefined ? [] : { name, reason },
    );
    return refused.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Loads every file before anything is served. So a file that was checked before needs no thread of its own, which
   * takes longer to start than the file takes to load. Errors: those of node:fs.
   */
  async load(): Promise<void> {
    this.#seen = await this.#signatures();
    const waiting = this.#seen.entries();
    const inspectNext = async () => {
      for (const [name, signature] of waiting) await this.#inspect(name, signature, inspectIfKnown);
    };
    await Promise.all(Array.from({ length: INSPECTIONS_MAX }, inspectNext));
  }

  /** Loads files that changed and then stayed the same for one poll; returns whether the layers changed. Errors: those of node:fs. */
  async poll(): Promise<boolean> {
    const before = new Set(this.layers);
    const previous = this.#seen;
    this.#seen = await this.#signatures();
    for (const name of this.#entries.keys()) {
      if (!this.#seen.has(name)) this.#entries.delete(name);
    }
    for (const [name, signature] of this.#seen) {
      const isSettled = previous.get(name) === signature;
      const isNew = this.#entries.get(name)?.signature !== signature;
      if (isSettled && isNew) await this.#inspect(name, signature);
    }
    const after = this.layers;
    return after.length !== before.size || after.some((layer) => !before.has(layer));
  }

  async #inspect(
    name: string,
    signature: string,
    inspectHere: typeof inspectIfKnown = async () => undefined,
  ): Promise<void> {
    const current = this.#entries.get(name)?.layer;
    const { directory, findings, clock, log } = this.#deps;
    const path = join(directory, name);
    try {
      const options = { wallMs: clock.wallMs(), known: findings.known };
      const inspection =
        (await inspectHere(path, options)) ?? (await inspectInThread(path, options));
      const layer = layerOf(inspection, name, (await stat(path)).mtime);
      const reason = current && reasonAgainst(layer.facts, current.facts);
      if (reason !== undefined) throw new RefusalError(reason);
      this.#entries.set(name, { signature, layer });
      await findings.add(inspection.digest, inspection.findings);
      const { contradictions, unusableRecords } = inspection.findings;
      log.info({ dataset: name, ...contradictions, unusableRecords }, "dataset serving");
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      this.#entries.set(name, { signature, layer: current, reason: error.message });
      log.warn({ dataset: name, reason: error.message }, "dataset refused");
    }
  }

  async #signatures(): Promise<Map<string, string>> {
    const { directory } = this.#deps;
    const names = (await readdir(directory)).filter(
      (name) => !name.startsWith(".") && DATASET_EXTENSIONS.has(extname(name)),
    );
    const signatures = new Map<string, string>();
    for (const name of names.sort()) {
      const file = await stat(join(directory, name)).catch(() => undefined);
      if (file?.isFile()) signatures.set(name, `${file.ino}:${file.size}:${file.mtimeMs}`);
    }
    return signatures;
  }
}
