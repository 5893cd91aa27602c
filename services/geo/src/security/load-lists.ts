import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LineError } from "../operator-files/lines.ts";
import { defaultBlocks, defaultLists } from "./default-lists.ts";
import { FLAG_BITS, type FlagName } from "./flags.ts";
import { type ListContents, parseList } from "./parse-list.ts";
import { type FlaggedBlock, flagSegments, type SecurityLists } from "./security-index.ts";

/**
 * Loads the lists in the directories of a directory that are named as in FLAG_BITS, each of which may be missing. A flag
 * with a list is known for every address, and its list replaces the built-in one.
 * Errors: LineError with the path of the file, and those of node:fs.
 */
export async function loadSecurityLists(directory: string): Promise<SecurityLists> {
  // A directory that went away is an error; one without a list of some flag is not.
  await readdir(directory);
  const blocks: FlaggedBlock[] = [];
  const systems = new Map<number, number>();
  let isKnown = 0;
  let bySystem = 0;
  for (const flag of Object.keys(FLAG_BITS) as FlagName[]) {
    const bit = FLAG_BITS[flag];
    for (const { contents } of await loadListFiles(directory, flag)) {
      isKnown |= bit;
      if (contents.systems.length > 0) bySystem |= bit;
      for (const block of contents.blocks) blocks.push({ block, value: bit });
      for (const asn of contents.systems) systems.set(asn, (systems.get(asn) ?? 0) | bit);
    }
  }
  for (const { block, value } of defaultBlocks()) {
    if ((value & isKnown) === 0) blocks.push({ block, value });
  }
  for (const [asn, bits] of defaultLists().systems) {
    systems.set(asn, (systems.get(asn) ?? 0) | (bits & ~isKnown));
  }
  return { segments: flagSegments(blocks), systems, isKnown, bySystem };
}

/** A file of an operator. */
export interface ListFile {
  /** With the directory of its flag, such as `tor/exits.txt`. */
  readonly name: string;
  readonly contents: ListContents;
}

/** The lists of one flag in a directory, by name; none where there is no directory of it. Errors: as of `loadSecurityLists`. */
export async function loadListFiles(directory: string, flag: FlagName): Promise<ListFile[]> {
  const names = await readdir(join(directory, flag)).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const visible = names.filter((name) => !name.startsWith(".")).sort();
  return Promise.all(
    visible.map(async (file) => {
      const name = join(flag, file);
      return { name, contents: await loadFile(join(directory, name)) };
    }),
  );
}

async function loadFile(path: string): Promise<ListContents> {
  try {
    return parseList(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof LineError) throw error.in(path);
    throw error;
  }
}
