import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import { inspectIfKnown } from "../inspect/inspect-file.ts";
import { inspectInThread } from "../inspect/inspect-in-thread.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import type { Layer } from "../layers/layer.ts";
import { reasonAgainst } from "./compare-builds.ts";
import type { Credits } from "./credits.ts";
import type { PackagedFile } from "./default-datasets.ts";
import { type DirectoryFiles, listFiles } from "./directory-files.ts";
import type { FindingsStore } from "./findings-store.ts";
import { byPrecedence, layerOf } from "./layer-of.ts";

/** How many files are inspected at the same time: each may take the memory of a whole dataset. */
const INSPECTIONS_MAX = 2;

/** How many removed files are remembered. */
const REMOVED_MAX = 100;

/** A file of the directory at the last poll. */
interface Entry {
  /** Changes with the file. */
  signature: string;
  /** What answers come from: an earlier build while a later one is refused. */
  layer?: Layer | undefined;
  /** Why the file is not serving as it is now. */
  reason?: string;
}

/** What is remembered of a removed file: not its content. */
type Removed = Pick<Layer, "facts" | "families">;

/** A file that is not serving as it is now. */
export interface RefusedFile {
  readonly name: string;
  readonly reason: string;
}

/** What the catalog works with. */
export interface DatasetCatalogDeps {
  readonly directory: string;
  /** The files of the npm packages in it. */
  readonly packaged: readonly PackagedFile[];
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
  /** What removed files were serving, by name. */
  readonly #removed: Map<string, Removed> = new Map();
  #seen: DirectoryFiles = { signatures: new Map(), unusable: new Map() };

  constructor(deps: DatasetCatalogDeps) {
    this.#deps = deps;
  }

  /** The layers that are serving, in order of precedence. */
  get layers(): Layer[] {
    const layers = [...this.#entries.values()].flatMap(({ layer }) => layer ?? []);
    return byPrecedence(layers);
  }

  /**
   * The files that are not serving as they are now, by name: refused ones, those whose names say why they are not read, and
   * removed ones until a dataset of their type and address families serves again.
   */
  get refused(): RefusedFile[] {
    const { layers } = this;
    const reasons = new Map<string, string>(this.#seen.unusable);
    for (const [name, removed] of this.#removed) {
      const isReplaced = layers.some((layer) => replaces(layer, removed));
      if (!isReplaced && !reasons.has(name)) reasons.set(name, "it was removed");
    }
    for (const [name, { reason }] of this.#entries) {
      if (reason !== undefined) reasons.set(name, reason);
    }
    const refused = [...reasons].map(([name, reason]) => ({ name, reason }));
    return refused.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Why no file of the directory can serve. */
  get emptiness(): string {
    const reasons = this.refused.map(({ name, reason }) => `${name}: ${reason}`);
    const { directory } = this.#deps;
    return reasons.length === 0 ? `${directory} has no .mmdb or .csv file` : reasons.join("; ");
  }

  /**
   * Loads every file before anything is served. So a file that was checked before needs no thread of its own, which
   * takes longer to start than the file takes to load. Errors: those of node:fs.
   */
  async load(): Promise<void> {
    await this.#look();
    const waiting = this.#seen.signatures.entries();
    const inspectNext = async () => {
      for (const [name, signature] of waiting) await this.#inspect(name, signature, inspectIfKnown);
    };
    await Promise.all(Array.from({ length: INSPECTIONS_MAX }, inspectNext));
  }

  /**
   * Loads files that changed and then stayed the same for one poll, and forgets those that were missing for two: some are replaced
   * by removing and copying. Returns whether the layers changed. Errors: those of node:fs.
   */
  async poll(): Promise<boolean> {
    const before = new Set(this.layers);
    const previous = this.#seen.signatures;
    await this.#look();
    const { signatures } = this.#seen;
    for (const [name, { layer }] of this.#entries) {
      if (!signatures.has(name) && !previous.has(name)) this.#remove(name, layer);
    }
    for (const [name, signature] of signatures) {
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
      const modifiedAt = (await stat(path)).mtime;
      const credits = this.#creditsOf(name, modifiedAt);
      const layer = layerOf(inspection, { name, modifiedAt, credits });
      const reason = current && reasonAgainst(layer.facts, current.facts);
      if (reason !== undefined) throw new RefusalError(reason);
      this.#entries.set(name, { signature, layer });
      this.#removed.delete(name);
      await findings.add(inspection.digest, inspection.findings);
      const { contradictions, unusableRecords } = inspection.findings;
      log.info({ dataset: name, ...contradictions, unusableRecords }, "dataset serving");
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      this.#entries.set(name, { signature, layer: current, reason: error.message });
      log.warn({ dataset: name, reason: error.message }, "dataset refused");
    }
  }

  #creditsOf(name: string, modifiedAt: Date): Credits | undefined {
    const packaged = this.#deps.packaged.find((file) => file.name === name);
    return packaged?.modifiedAt.getTime() === modifiedAt.getTime() ? packaged.credits : undefined;
  }

  async #look(): Promise<void> {
    const known = this.#seen.unusable;
    this.#seen = await listFiles(this.#deps.directory);
    for (const [name, reason] of this.#seen.unusable) {
      if (known.get(name) === reason) continue;
      this.#deps.log.warn({ dataset: name, reason }, "dataset refused");
    }
  }

  #remove(name: string, layer: Layer | undefined): void {
    this.#entries.delete(name);
    if (layer === undefined) return;
    const { facts, families } = layer;
    this.#removed.set(name, { facts, families });
    const oldest = this.#removed.keys().next().value;
    if (this.#removed.size > REMOVED_MAX && oldest) this.#removed.delete(oldest);
    this.#deps.log.warn({ dataset: name, type: layer.facts.type }, "dataset removed");
  }
}

function replaces(layer: Layer, removed: Removed): boolean {
  return (
    layer.facts.type === removed.facts.type &&
    (layer.families.ipv4 || !removed.families.ipv4) &&
    (layer.families.ipv6 || !removed.families.ipv6)
  );
}
