import { readFile, writeFile } from "node:fs/promises";
import { parseCidr } from "../address/cidr.ts";
import { LineError } from "../operator-files/lines.ts";
import { type ListContents, parseList } from "../security/parse-list.ts";
import { entriesOf, ListError, type ListFormat } from "./list-format.ts";

/** A list that lost more than half of its entries is more likely cut off than true. */
const SHRINKING_MIN = 0.5;
const ENTRIES_MAX = 2_000_000;
/** A block that is larger is more likely a mistake than true: a flag for a 256th of all addresses. */
const PREFIX_LENGTH_MIN = { ipv4: 8, ipv6: 16 };
const SHOWN_CHARS_MAX = 40;
const SYSTEM = /^(?:AS)?[1-9][0-9]{0,9}$/i;
const NO_LIST: ListContents = { blocks: [], systems: [] };

/** What is converted. It passes between threads. */
export interface ListOrder {
  /** The file as the publisher wrote it. */
  readonly source: string;
  readonly format: ListFormat;
  /** The file to write. */
  readonly target: string;
  /** The list that is in place, which may be missing. */
  readonly serving: string;
  /** The first line, a comment. */
  readonly heading: string;
}

/**
 * Converts a publisher's list into a file of `GEO_SECURITY_DIR`: one block, address or AS number a line, each once. Errors: ListError
 * for a list that is empty, has an entry that is none of these, a block larger than a /8 of IPv4 or a /16 of IPv6, more than 2,000,000
 * entries, less than half as many as the list in place, or AS numbers alone where that one has blocks; those of node:fs.
 */
export async function convertList(order: ListOrder): Promise<void> {
  const { source, format, target, serving, heading } = order;
  const entries = new Set<string>();
  for (const { place, text } of entriesOf(await readFile(source, "utf8"), format)) {
    const problem = problemOf(text);
    if (problem !== undefined) throw new ListError(`the list's ${place} ${problem}`);
    entries.add(text);
    if (entries.size > ENTRIES_MAX) throw new ListError(`the list exceeds ${ENTRIES_MAX} entries`);
  }
  if (entries.size === 0) throw new ListError("the list is empty");
  const reason = reasonAgainst(entries, await listInPlace(serving));
  if (reason !== undefined) throw new ListError(`${reason}: remove that one if this is right`);
  await writeFile(target, `# ${heading}\n${[...entries].join("\n")}\n`, { flush: true });
}

/** Why a list must not replace the one in place. */
function reasonAgainst(
  entries: ReadonlySet<string>,
  { blocks, systems }: ListContents,
): string | undefined {
  const before = blocks.length + systems.length;
  if (entries.size < before * SHRINKING_MIN) {
    return `the list has ${entries.size} entries, the one in place ${before}`;
  }
  // A column of other numbers, such as counts, has the form of AS numbers.
  const systemsOnly = blocks.length > 0 && [...entries].every((text) => SYSTEM.test(text));
  return systemsOnly ? "the list has AS numbers alone, the one in place has blocks" : undefined;
}

function problemOf(text: string): string | undefined {
  if (SYSTEM.test(text)) {
    return Number(text.replace(/^AS/i, "")) < 2 ** 32 ? undefined : "has a number that is no AS";
  }
  const block = parseCidr(text);
  if (block === undefined) {
    const shown = JSON.stringify(text.slice(0, SHOWN_CHARS_MAX));
    return `is neither a CIDR block nor an AS number: ${shown}`;
  }
  const lengthMin = block.first.isIpv4 ? PREFIX_LENGTH_MIN.ipv4 : PREFIX_LENGTH_MIN.ipv6;
  if (block.prefixLength >= lengthMin) return undefined;
  return `is ${text}, a block that is larger than a /${lengthMin}`;
}

/** The list in place; an empty one if it is missing or refused: what is wrong is not compared with. */
async function listInPlace(path: string): Promise<ListContents> {
  try {
    return parseList(await readFile(path, "utf8"));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (error instanceof LineError || isMissing) return NO_LIST;
    throw error;
  }
}
