import { lstat, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";

const DATASET_EXTENSIONS: ReadonlySet<string> = new Set([".mmdb", ".csv"]);
const ARCHIVE = /\.(?:gz|tgz|tar|zip|xz|bz2|zst|7z)$/i;

/** The files of a datasets directory. Files whose names start with a dot, and of other kinds, are none of them. */
export interface DirectoryFiles {
  /** Of the files that can be inspected: what changes with the file, by name. */
  readonly signatures: ReadonlyMap<string, string>;
  /** Why the others cannot be, by name: their names say that they are meant as datasets. */
  readonly unusable: ReadonlyMap<string, string>;
}

/** Lists a datasets directory. Errors: those of node:fs. */
export async function listFiles(directory: string): Promise<DirectoryFiles> {
  const signatures = new Map<string, string>();
  const unusable = new Map<string, string>();
  const names = (await readdir(directory)).filter((name) => !name.startsWith("."));
  for (const name of names.sort()) {
    const reason = reasonOfName(name);
    if (reason !== undefined) unusable.set(name, reason);
    if (!DATASET_EXTENSIONS.has(extname(name))) continue;
    const path = join(directory, name);
    const file = await stat(path).catch(() => undefined);
    if (file?.isFile()) signatures.set(name, `${file.ino}:${file.size}:${file.mtimeMs}`);
    else if (file !== undefined) unusable.set(name, "it is not a file");
    else if (await isLink(path)) unusable.set(name, "it is a link to a file that does not exist");
  }
  return { signatures, unusable };
}

function reasonOfName(name: string): string | undefined {
  if (ARCHIVE.test(name)) return "it is an archive: unpack it";
  const extension = extname(name);
  const isUpper = !DATASET_EXTENSIONS.has(extension);
  if (isUpper && DATASET_EXTENSIONS.has(extension.toLowerCase())) {
    return `its name must end in ${extension.toLowerCase()}, not ${extension}`;
  }
  return undefined;
}

/** False for a file that went away between the listing and the look at it, also if it is back. */
async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}
