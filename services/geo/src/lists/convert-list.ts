import { readFile, writeFile } from "node:fs/promises";
import { parseCidr } from "../address/cidr.ts";
import { LineError } from "../operator-files/lines.ts";
import { parseList } from "../security/parse-list.ts";
import { entriesOf, ListError, type ListFormat } from "./list-format.ts";

/** A list that lost more than half of its entries is more likely cut off than true. */
const SHRINKING_MIN = 0.5;
const ENTRIES_MAX = 2_000_000;
/** A block that is larger is more likely a mistake than true: a flag for a 256th of all addresses. */
const PREFIX_LENGTH_MIN = { ipv4: 8, ipv6: 16 };
const SHOWN_CHARS_MAX = 40;

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
 * entries, or less than half as many as the list in place; those of node:fs.
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
  const before = await entriesIn(serving);
  if (entries.size < before * SHRINKING_MIN) {
    throw new ListError(
      `the list has ${entries.size} entries, the one in place ${before}: remove that one if this is right`,
    );
  }
  await writeFile(target, `# ${heading}\n${[...entries].join("\n")}\n`, { flush: true });
}

function problemOf(text: string): string | undefined {
  if (/^(?:AS)?[1-9][0-9]{0,9}$/i.test(text)) {
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

/** How many entries a list in place has; 0 if it is missing or refused: what is wrong is not compared with. */
async function entriesIn(path: string): Promise<number> {
  try {
    const { blocks, systems } = parseList(await readFile(path, "utf8"));
    return blocks.length + systems.length;
  } catch (error) {
    if (error instanceof LineError || (error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
