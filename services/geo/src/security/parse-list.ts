import { type Block, parseCidr } from "../address/cidr.ts";
import { contentLines, LineError } from "../operator-files/lines.ts";

/** The blocks and autonomous systems of one list file. */
export interface ListContents {
  readonly blocks: readonly Block[];
  readonly systems: readonly number[];
}

/**
 * Reads a list of one CIDR block, address or AS number (`AS64500` or `64500`) a line; what follows a `#` is a comment. Of lines
 * with commas it is the first column, as in Apple's `egress-ip-ranges.csv`. Errors: LineError at the first invalid line.
 */
export function parseList(text: string): ListContents {
  const blocks: Block[] = [];
  const systems: number[] = [];
  for (const { number, content } of contentLines(text)) {
    const entry = content.replace(/\s*[#,].*$/, "");
    const digits = /^(?:AS)?([1-9][0-9]{0,9})$/i.exec(entry)?.[1];
    const block = digits === undefined ? parseCidr(entry) : undefined;
    if (block !== undefined) blocks.push(block);
    else if (digits !== undefined && Number(digits) < 2 ** 32) systems.push(Number(digits));
    else
      throw new LineError(
        number,
        "is neither a CIDR block (for example 10.0.0.0/8) nor an AS number",
      );
  }
  return { blocks, systems };
}
