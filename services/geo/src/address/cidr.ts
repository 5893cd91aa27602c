import { Address } from "./address.ts";
import { addressFromText } from "./parse.ts";

/** A CIDR block: its first and last address, both inclusive and of one family. */
export interface Block {
  readonly first: Address;
  readonly last: Address;
  readonly prefixLength: number;
}

/**
 * Reads `address` or `address/length`. Undefined if the text is neither, or if bits after the prefix are set. An
 * IPv4-mapped block becomes the IPv4 block.
 */
export function parseCidr(text: string): Block | undefined {
  const slash = text.indexOf("/");
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = addressFromText(addressText);
  if (address === undefined) return undefined;
  const prefixLength = slash < 0 ? address.bitLength : parseLength(text.slice(slash + 1));
  const isUnwrapped = address.isIpv4 && addressText.includes(":") && slash >= 0;
  const length = isUnwrapped ? prefixLength - 96 : prefixLength;
  if (!(length >= 0 && length <= address.bitLength)) return undefined;
  const first = new Address();
  first.copyFrom(address);
  first.mask(length);
  if (first.words.some((word, i) => word !== address.words[i])) return undefined;
  const last = new Address();
  last.copyFrom(address);
  last.fill(length);
  return { first, last, prefixLength: length };
}

function parseLength(text: string): number {
  return /^(?:0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : Number.NaN;
}
