import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AsnCsvError, readAsnCsv } from "../asn/asn-csv.ts";
import { NO_CONTRADICTIONS } from "../layers/consistent-place.ts";
import { schemaOf } from "../layers/schema.ts";
import { CorruptMmdbError } from "../mmdb/corrupt-mmdb-error.ts";
import { type MmdbFile, openMmdb } from "../mmdb/mmdb-file.ts";
import { DataCheck } from "./check-data.ts";
import { checkPlaces } from "./check-places.ts";
import { countUnusable } from "./check-records.ts";
import { checkTree } from "./check-tree.ts";
import type { AsnContent, Findings, Inspection } from "./inspection.ts";
import { RefusalError } from "./refusal-error.ts";

const SAMPLES_MAX = 200;
const DAY_MS = 24 * 3600 * 1000;
const BUILD_TIME_MS_MIN = Date.UTC(2010, 0);
const NOTHING_DOUBTFUL = {
  contradictions: NO_CONTRADICTIONS,
  doubtfulRegions: [],
};

/** What an inspection is told. It is the same in a thread of its own, so it holds only what passes between threads. */
export interface InspectionOptions {
  /** The time of the inspection, in milliseconds of Unix time: a build that is more than a day newer is refused. */
  readonly wallMs: number;
  /** Findings of files that were checked before, by digest; default is none. */
  readonly known?: ReadonlyMap<string, Findings>;
}

/** Reads a dataset file and inspects it. Errors: RefusalError, also for a file that cannot be read. */
export async function inspectFile(path: string, options: InspectionOptions): Promise<Inspection> {
  return inspectContent(path, await read(path), options);
}

/** The inspection of a file that was checked before; undefined for any other. Errors: RefusalError. */
export async function inspectIfKnown(
  path: string,
  options: InspectionOptions,
): Promise<Inspection | undefined> {
  const bytes = await read(path);
  return options.known?.has(digestOf(bytes)) ? inspectContent(path, bytes, options) : undefined;
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause) => {
    throw new RefusalError(`the file cannot be read (${cause.code})`, { cause });
  });
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Checks a dataset by value, all of it, unless it was checked before; a name that ends in `.csv` makes it a file of
 * autonomous systems. Errors: RefusalError with the reason why it must not be served.
 */
export function inspectContent(
  name: string,
  bytes: Buffer,
  { wallMs, known }: InspectionOptions,
): Inspection {
  const digest = digestOf(bytes);
  try {
    if (name.endsWith(".csv")) return { digest, ...inspectAsn(bytes) };
    return { digest, ...inspectMmdb(bytes, wallMs, known?.get(digest)) };
  } catch (error) {
    if (
      error instanceof CorruptMmdbError ||
      error instanceof AsnCsvError ||
      error instanceof RangeError
    ) {
      throw new RefusalError(error.message, { cause: error });
    }
    throw error;
  }
}

function inspectMmdb(
  bytes: Buffer,
  wallMs: number,
  known: Findings | undefined,
): Omit<Inspection, "digest"> {
  const file = openMmdb(bytes);
  const buildTimeMs = file.metadata.buildTime.getTime();
  if (buildTimeMs - wallMs > DAY_MS) throw new RefusalError("the build time is in the future");
  if (buildTimeMs < BUILD_TIME_MS_MIN) throw new RefusalError("the build time is missing");
  const findings = known ?? examine(file);
  return { findings, content: { kind: "mmdb", bytes: bytes as Uint8Array<ArrayBuffer> } };
}

function examine(file: MmdbFile): Findings {
  const { networks, records } = checkTree(file);
  const data = new DataCheck(file.data.bytes);
  for (const record of records) data.check(record);
  const step = Math.max(1, Math.floor(records.length / SAMPLES_MAX));
  const samples = Array.from(records).filter((_, i) => i % step === 0);
  const readers = schemaOf(file, samples);
  const { place, system, connection, security } = readers;
  if (!place && !system && !connection && !security) {
    throw new RefusalError(
      `the records of type ${file.metadata.databaseType} have no known schema`,
    );
  }
  const unusableRecords = countUnusable(readers, records);
  const doubts = place === undefined ? NOTHING_DOUBTFUL : checkPlaces(place, records);
  return { networks, samples, unusableRecords, ...doubts };
}

function inspectAsn(bytes: Buffer): Omit<Inspection, "digest"> {
  const table = readAsnCsv([bytes]);
  if (table.rangeCount === 0) throw new RefusalError("the file has no ranges");
  const { ipv4, ipv6, numbers, organizations } = table;
  const content: AsnContent = { kind: "asn", ipv4, ipv6, numbers, organizations };
  const { rangeCount: networks, unusableRecords } = table;
  const findings = { networks, samples: [], unusableRecords, ...NOTHING_DOUBTFUL };
  return { findings, content };
}
