import type { AppError } from "@geomesh/runtime/errors";
import type { Coding } from "../../http/accept-encoding.ts";
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
  /** Where a build has put it compressed, for each coding that it may be sent in. Default is to compress it when it is asked for. */
  readonly compressed?: Readonly<Partial<Record<Coding, string>>>;
}

/** Files that belong together. All of them are known when the gateway starts, which bounds what is kept of them. */
export interface FileSet {
  /** The name by which its answers are counted and logged. */
  readonly operation: string;
  /** Its files by their path, percent-encoded as in a request. */
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Paths whose files are elsewhere, and where: a reference relative to the path. */
  readonly moved?: ReadonlyMap<string, string>;
  /** Why there is no file at a path that is this set's to answer; undefined for every other path. */
  readonly missing?: (path: string) => AppError | undefined;
}
