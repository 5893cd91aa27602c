import type { AppError } from "@geomesh/runtime/errors";
import type { Headers } from "../../http/exchange.ts";

/** A file that anyone may read, without a key. */
export interface StaticFile {
  /** Where it is on disk. It is read once, so a change of it is served after the next start. */
  readonly source: string;
  /** Its media type. */
  readonly type: string;
  /** How long who may keep it, as `Cache-Control` says it. */
  readonly cacheControl: string;
  /** What its answers have beside the headers of every file. */
  readonly headers?: Headers;
}

/** Files that belong together. All of them are known when the gateway starts, which bounds what is kept of them. */
export interface FileSet {
  /** The name by which its answers are counted and logged. */
  readonly operation: string;
  /** Its files by their path, percent-encoded as in a request. */
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Why there is no file at a path that is this set's to answer; undefined for every other path. */
  readonly missing?: (path: string) => AppError | undefined;
}
