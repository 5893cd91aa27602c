import type { Block } from "../address/cidr.ts";
import { defaultTables } from "./default-lists.ts";
import type { FlagName } from "./flags.ts";
import { loadListFiles } from "./load-lists.ts";

/** A list that gives a flag, with what it says of each of its rows. */
export interface NamedList {
  readonly flag: FlagName;
  /** That of the operator's file, such as `tor/exits.txt`; or `built-in hosting`. */
  readonly name: string;
  readonly isBuiltIn: boolean;
  readonly blocks: readonly { readonly block: Block; readonly note: string }[];
  /** By number; an empty note says nothing. */
  readonly systems: ReadonlyMap<number, string>;
}

/**
 * The lists that apply with an operator's directory, or with an empty text without one: the same as of `loadSecurityLists`, by
 * their names. Errors: as there.
 */
export async function namedLists(directory: string): Promise<NamedList[]> {
  const lists = await Promise.all(
    defaultTables().map(async (table): Promise<NamedList[]> => {
      const { flag } = table;
      const files = directory === "" ? [] : await loadListFiles(directory, flag);
      if (files.length === 0) return [{ ...table, name: `built-in ${flag}`, isBuiltIn: true }];
      return files.map(({ name, contents }) => ({
        ...{ flag, name, isBuiltIn: false },
        blocks: contents.blocks.map((block) => ({ block, note: "" })),
        systems: new Map(contents.systems.map((asn): [number, string] => [asn, ""])),
      }));
    }),
  );
  return lists.flat().filter(({ blocks, systems }) => blocks.length + systems.size > 0);
}
