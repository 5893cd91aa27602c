import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";

/** What the tables cover, in seconds of Unix time: from 2020 to the end of 2037, as far as compiled zones list changes. */
export const COVERED_SECONDS = { from: Date.UTC(2020) / 1000, until: Date.UTC(2038) / 1000 };

/** The part of a tree of compiled zones that the tables are made of. */
export interface Zoneinfo {
  /** Of tzdata, such as `2026f`. */
  readonly version: string;
  /** The file `zone.tab`. */
  readonly zoneTab: string;
  /** Every zone and link but `Factory`, compiled for `COVERED_SECONDS` (TZif of RFC 9636), in base64 by name. */
  readonly zones: Readonly<Record<string, string>>;
}

const PACKED = new URL("../tzdata/zoneinfo.json.br", import.meta.url);

/** The tree that is kept beside the sources. */
export function readZoneinfo(): Zoneinfo {
  return JSON.parse(brotliDecompressSync(readFileSync(PACKED)).toString());
}

/** Keeps the tzdata of a directory such as `/usr/share/zoneinfo`, compiled anew by the system's `zic`. */
export function keepZoneinfo(directory: string): void {
  const source = join(directory, "tzdata.zi");
  const text = readFileSync(source, "utf8");
  const version = /version (\S+)/.exec(text)?.[1];
  if (version === undefined) throw new Error(`${source} has no version`);
  const compiled = mkdtempSync(join(tmpdir(), "zoneinfo-"));
  try {
    const { from, until } = COVERED_SECONDS;
    execFileSync("zic", ["-b", "fat", "-r", `@${from}/@${until}`, "-d", compiled, source]);
    const bytesOf = (name: string) => readFileSync(join(compiled, name), "base64");
    const zones = Object.fromEntries(namesIn(text).map((name) => [name, bytesOf(name)]));
    const zoneTab = readFileSync(join(directory, "zone.tab"), "utf8");
    const kept: Zoneinfo = { version, zoneTab, zones };
    writeFileSync(PACKED, brotliCompressSync(JSON.stringify(kept)));
  } finally {
    rmSync(compiled, { recursive: true });
  }
}

/** Of lines such as `Z Europe/Paris …` and `L Asia/Kolkata Asia/Calcutta`. */
function namesIn(source: string): string[] {
  const names = source.split("\n").map((line) => /^(?:Z|L \S+) (\S+)/.exec(line)?.[1] ?? "");
  return names.filter((name) => name !== "" && name !== "Factory").sort();
}

/** What the clocks of a compiled zone show. */
export interface CompiledOffset {
  readonly offsetSeconds: number;
  readonly abbreviation: string;
  readonly isDst: boolean;
}

const HEADER_BYTES = 44;
/** Where the counts of RFC 9636 section 3.1 begin. */
const COUNTS_AT = 20;
const TYPE_BYTES = 6;

/** A compiled zone: the block of 64-bit times of a TZif file (RFC 9636 section 3.2). */
export class CompiledZone {
  /** Seconds of Unix time from which another offset may apply. */
  readonly changes: readonly number[];
  readonly #offsets: readonly CompiledOffset[];

  constructor(base64: string) {
    const bytes = Buffer.from(base64, "base64");
    const start = HEADER_BYTES + dataBytes(bytes, 0, 4);
    const [, , , timeCount, typeCount] = countsAt(bytes, start) as [0, 0, 0, number, number];
    const timesAt = start + HEADER_BYTES;
    const indexesAt = timesAt + timeCount * 8;
    const typesAt = indexesAt + timeCount;
    const textsAt = typesAt + typeCount * TYPE_BYTES;
    const types = Array.from({ length: typeCount }, (_, i): CompiledOffset => {
      const at = typesAt + i * TYPE_BYTES;
      const textAt = textsAt + (bytes[at + 5] as number);
      return {
        offsetSeconds: bytes.readInt32BE(at),
        isDst: bytes[at + 4] === 1,
        abbreviation: bytes.toString("latin1", textAt, bytes.indexOf(0, textAt)),
      };
    });
    const typeOf = (i: number) => types[bytes[indexesAt + i] as number] as CompiledOffset;
    this.changes = Array.from({ length: timeCount }, (_, i) =>
      Number(bytes.readBigInt64BE(timesAt + i * 8)),
    );
    this.#offsets = [types[0] as CompiledOffset, ...this.changes.map((_, i) => typeOf(i))];
  }

  /** What the clocks show at a second of Unix time. */
  at(seconds: number): CompiledOffset {
    const change = this.changes.findLastIndex((at) => at <= seconds);
    return this.#offsets[change + 1] as CompiledOffset;
  }
}

/** How many UT and standard indicators, leap seconds, times, types and characters a block has. */
function countsAt(bytes: Buffer, header: number): number[] {
  return Array.from({ length: 6 }, (_, i) => bytes.readUInt32BE(header + COUNTS_AT + i * 4));
}

function dataBytes(bytes: Buffer, header: number, timeBytes: number): number {
  const [ut, standard, leap, times, types, characters] = countsAt(bytes, header) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  const leapBytes = leap * (timeBytes + 4);
  return times * (timeBytes + 1) + types * TYPE_BYTES + characters + leapBytes + standard + ut;
}
