import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Where the build puts what it makes. */
export const BUILT_DIR = fileURLToPath(new URL("../dist/", import.meta.url));

const MANIFEST = "manifest.json";

/** A file that the build has made. */
export interface BuiltFile {
  /** Where the gateway serves it. */
  readonly path: string;
  /** Its media type. */
  readonly type: string;
  /** Whether its path has the hash of its bytes, so that it never changes. */
  readonly isImmutable: boolean;
  /** Serve it only where this is so; undefined for always. */
  readonly hasAnonymousUse?: boolean;
  /** Where it is: in the manifest a name in the directory of the build, to readers an absolute path. */
  readonly source: string;
  /** Where it is compressed, for each content coding that makes it smaller. */
  readonly compressed: Readonly<Partial<Record<"br" | "gzip", string>>>;
}

/** What the build says of its files. */
export interface Manifest {
  /** Tells whether sources have changed since. */
  readonly madeFrom: string;
  readonly files: readonly BuiltFile[];
}

/** The manifest in a directory; undefined where there is none that can be read. */
export function readManifest(dir: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path.join(dir, MANIFEST), "utf8"));
  } catch {
    return undefined;
  }
}

/** The path of the manifest in a directory. */
export function manifestIn(dir: string): string {
  return path.join(dir, MANIFEST);
}

/** The files of the last build. Errors: Error where nothing has been built. */
export function builtFiles(dir = BUILT_DIR): readonly BuiltFile[] {
  const manifest = readManifest(dir);
  if (manifest === undefined) {
    throw new Error(
      "its pages are not built: run `node packages/pages/src/main.ts`, as npm start does",
    );
  }
  const at = (name: string) => path.join(dir, name);
  return manifest.files.map((file) => ({
    ...file,
    source: at(file.source),
    compressed: Object.fromEntries(
      Object.entries(file.compressed).map(([coding, name]) => [coding, at(name)]),
    ),
  }));
}
