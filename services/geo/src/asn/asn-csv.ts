import { isUtf8 } from "node:buffer";
import { Address } from "../address/address.ts";
import { parseAddress } from "../address/parse.ts";
import { NOT_ANNOUNCED } from "../layers/layer.ts";
import { isPlaceholder } from "../layers/placeholder.ts";
import { isPublicSystem } from "../layers/system-numbers.ts";
import { TEXT_BYTES_MAX } from "../mmdb/data-section.ts";
import { addressFromNumber } from "../ranges/address-number.ts";
import { OrderedRanges } from "../ranges/ordered-ranges.ts";
import type { Segments } from "../ranges/range-table.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COMMA = 0x2c;
const QUOTE = 0x22;
const ASN_MAX = 0xffffffff;

/** Autonomous systems and their addresses. The value of a segment is an index into both lists, or NOT_ANNOUNCED. */
export interface AsnTable {
  readonly ipv4: Segments;
  readonly ipv6: Segments;
  readonly numbers: readonly number[];
  readonly organizations: readonly (string | undefined)[];
  /** How many ranges the files have. */
  readonly rangeCount: number;
  /** How many systems have a name that is not UTF-8 or longer than 1,000 bytes; it is unknown. */
  readonly unusableRecords: number;
}

/** A line of a file of autonomous systems is invalid; the message has its number. */
export class AsnCsvError extends Error {
  override readonly name = "AsnCsvError";
}

/**
 * Reads files of lines `start,end,asn,organization` without a header, in order of their start. Addresses are texts or
 * decimal numbers, and each file has one address family. Nobody announces a range whose number is 0, empty, or one that no
 * system on the Internet has. Format: the CSV files of https://github.com/sapics/ip-location-db.
 * Errors: AsnCsvError.
 */
export function readAsnCsv(files: readonly Buffer[]): AsnTable {
  const table = new AsnTableBuilder();
  for (const file of files) table.addFile(file);
  return table.finish();
}

class AsnTableBuilder {
  readonly #numbers: number[] = [];
  readonly #organizations: (string | undefined)[] = [];
  readonly #values: Map<number, number> = new Map();
  readonly #families = { ipv4: new OrderedRanges(true), ipv6: new OrderedRanges(false) };
  readonly #first = new Address();
  readonly #last = new Address();
  #rangeCount = 0;
  #unusableRecords = 0;

  addFile(file: Buffer): void {
    let line = 1;
    for (let start = 0; start < file.length; line++) {
      let end = file.indexOf(LINE_FEED, start);
      if (end < 0) end = file.length;
      const problem = end > start ? this.#addLine(file, start, end) : undefined;
      if (problem !== undefined) throw new AsnCsvError(`line ${line}: ${problem}`);
      start = end + 1;
    }
  }

  finish(): AsnTable {
    const { ipv4, ipv6 } = this.#families;
    return {
      ipv4: ipv4.finish(),
      ipv6: ipv6.finish(),
      numbers: this.#numbers,
      organizations: this.#organizations,
      rangeCount: this.#rangeCount,
      unusableRecords: this.#unusableRecords,
    };
  }

  #addLine(file: Buffer, start: number, end: number): string | undefined {
    const first = fieldEnd(file, start, end);
    const second = fieldEnd(file, first + 1, end);
    const third = fieldEnd(file, second + 1, end);
    if (third >= end) return "has fewer than four fields";
    if (!readAddress(file, start, first, this.#first)) return "does not start with an address";
    if (!readAddress(file, first + 1, second, this.#last)) return "has an invalid last address";
    if (this.#first.isIpv4 !== this.#last.isIpv4) return "mixes IPv4 and IPv6";
    const asn = third === second + 1 ? 0 : readDecimal(file, second + 1, third);
    if (!(asn <= ASN_MAX)) return "has an invalid AS number";
    const family = this.#first.isIpv4 ? this.#families.ipv4 : this.#families.ipv6;
    const value = this.#value(asn, file, third + 1, end);
    if (!family.add(this.#first, this.#last, value)) return "is not in ascending order";
    this.#rangeCount++;
    return undefined;
  }

  /** The index of a system, which is added if it is new; NOT_ANNOUNCED for a number that none has. */
  #value(asn: number, file: Buffer, start: number, end: number): number {
    const known = this.#values.get(asn);
    if (known !== undefined) return known;
    const value = isPublicSystem(asn) ? this.#numbers.length : NOT_ANNOUNCED;
    this.#values.set(asn, value);
    if (value === NOT_ANNOUNCED) return value;
    this.#numbers.push(asn);
    this.#organizations.push(this.#organization(file, start, end));
    return value;
  }

  #organization(file: Buffer, start: number, end: number): string | undefined {
    const isUsable = end - start <= TEXT_BYTES_MAX && isUtf8(file.subarray(start, end));
    if (!isUsable) this.#unusableRecords++;
    const text = isUsable ? readText(file, start, end) : "";
    return text === "" || isPlaceholder(text) ? undefined : text;
  }
}

/** Where the field that starts at `start` ends: at a comma, or at the end of the line. */
function fieldEnd(file: Buffer, start: number, end: number): number {
  let position = start;
  while (position < end && file[position] !== COMMA) position++;
  return position;
}

function readAddress(file: Buffer, start: number, end: number, address: Address): boolean {
  if (parseAddress(file, start, end, address)) return true;
  const text = file.toString("latin1", start, end);
  return /^[0-9]{1,39}$/.test(text) && addressFromNumber(BigInt(text), address);
}

function readDecimal(file: Buffer, start: number, end: number): number {
  let value = end > start ? 0 : Number.NaN;
  for (let i = start; i < end; i++) {
    const digit = (file[i] as number) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

/** RFC 4180 section 2: in a field that is enclosed in quotes, quotes are doubled. */
function readText(file: Buffer, start: number, lineEnd: number): string {
  const end = file[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
  const isQuoted = end - start >= 2 && file[start] === QUOTE && file[end - 1] === QUOTE;
  return isQuoted
    ? file.toString("utf8", start + 1, end - 1).replaceAll('""', '"')
    : file.toString("utf8", start, end);
}
