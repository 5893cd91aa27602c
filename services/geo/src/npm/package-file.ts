import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { filesInTar, type TarFile } from "../downloads/tar.ts";
import { withoutGzip, writeUnpacked } from "../downloads/unpack-download.ts";
import { datasetFileOf, type PackageSpec } from "./package-spec.ts";

const UNPACKED_BYTES_MAX = 2 ** 32;
const NAMES_MAX = 10;

/**
 * The path of the only dataset inside a tarball. Errors: an Error if there is none or more than one; those of `filesInTar`, with
 * 4 GiB as the bound.
 */
export async function onlyDataset(tarball: string, { name }: PackageSpec): Promise<string> {
  const found: string[] = [];
  await eachFile(tarball, async (path) => {
    if (datasetFileOf(path) !== undefined) found.push(path);
    return false;
  });
  const [only] = found;
  if (only === undefined) throw new Error(`the package ${name} has no .mmdb or .csv file`);
  if (found.length === 1) return only;
  const names = found.slice(0, NAMES_MAX).sort().join(", ");
  throw new Error(
    `the package ${name} has ${found.length} datasets: name one, as npm:${name}/<file>; there are ${names}`,
  );
}

/**
 * Writes a file of a tarball to `target`, which must not exist, unpacked if it is compressed with gzip. Errors: an Error if there
 * is no such file or if it has more than 4 GiB; those of `filesInTar`, node:zlib and node:fs.
 */
export async function extractFile(tarball: string, path: string, target: string): Promise<void> {
  let isFound = false;
  await eachFile(tarball, async (name, { content }) => {
    if (name !== path) return false;
    isFound = true;
    await writeUnpacked((await withoutGzip(content)).all, target, UNPACKED_BYTES_MAX);
    return true;
  });
  if (!isFound) throw new Error(`the package has no file ${path}`);
}

/**
 * Hands over each file with its path inside the package, until `isLast` of one is true. Errors: those of `filesInTar`.
 */
async function eachFile(
  tarball: string,
  isLast: (path: string, file: TarFile) => Promise<boolean>,
): Promise<void> {
  await pipeline(createReadStream(tarball), async (packed: AsyncIterable<Buffer>) => {
    const { all } = await withoutGzip(packed);
    for await (const file of filesInTar(all, UNPACKED_BYTES_MAX)) {
      // All files of a tarball are in one directory, most often `package`.
      const path = file.name.replace(/^\.?\/*[^/]*\//, "");
      if (await isLast(path, file)) return;
    }
  });
}
