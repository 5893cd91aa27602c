import { open } from "node:fs/promises";
import { Reader } from "maxmind";

/** Within so many bytes of the end the metadata begin. Source: https://maxmind.github.io/MaxMind-DB/ */
const METADATA_BYTES_MAX = 128 * 1024;

/** When an MMDB file was built, by its metadata alone; undefined for a file that is missing or has none. */
export async function buildTimeOf(path: string): Promise<Date | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(Math.min(size, METADATA_BYTES_MAX));
    await file.read(end, 0, end.length, size - end.length);
    const { buildEpoch } = new Reader<never>(end).metadata;
    return Number.isNaN(buildEpoch.getTime()) ? undefined : buildEpoch;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
