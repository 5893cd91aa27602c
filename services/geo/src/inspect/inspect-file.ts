import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AsnCsvError, readAsnCsv } from "../asn/asn-csv.ts";
import { schemaOf } from "../layers/schema.ts";
import { CorruptMmdbError } from "../mmdb/corrupt-mmdb-error.ts";
import { type MmdbFile, openMmdb } from "../mmdb/mmdb-file.ts";
import { DataCheck } from "./check-data.ts";
import { checkPlaces } from "./check-places.ts";
import { checkTree } from "./check-tree.ts";
import type { AsnContent, Findings, Inspection } from "./inspection.ts";
import { RefusalError } from "./refusal-error.ts";

const SAMPLES_MAX = 200;
const DAY = 24 * 3600 * 1000;
const OLDEST_BUILD = Date.UTC(2010, 0);
const NOTHING_DOUBTFUL = {
  contradictions: { coordinates: 0, timezone: 0, region: 0 },
  doubtfulRegions: [],
};

/** Reads a dataset file and inspects it. Throws `RefusalError`, also for a file that cannot be read. */
export async function inspectFile(
  path: string,
  known: ReadonlyMap<string, Findings>,
): Promise<Inspection> {
  return inspectContent(path, await read(path), known);
}

/** The inspection of a file that was found sound before; undefined for any other. Throws `RefusalError`. */
export async function inspectIfKnown(
  path: string,
  known: ReadonlyMap<string, Findings>,
): Promise<Inspection | undefined> {
  const bytes = await read(path);
  return known.has(digestOf(bytes)) ? inspectContent(path, bytes, known) : undefined;
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause) => {
    throw new RefusalError(`it cannot be read (${cause.code})`, { cause });
  });
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Checks a dataset by value, all of it, unless `known` has findings for its digest.
 * Throws `RefusalError` with the reason why it must not be served.
 */
export function inspectContent(
  name: string,
  bytes: Buffer,
  known: ReadonlyMap<string, Findings> = new Map(),
): Inspection {
  const digest = digestOf(bytes);
  try {
    return name.endsWith(".csv")
      ? { digest, ...inspectAsn(bytes) }
      : { digest, ...inspectMmdb(bytes, known.get(digest)) };
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

function inspectMmdb(bytes: Buffer, known: Findings | undefined): Omit<Inspection, "digest"> {
  const file = openMmdb(bytes);
  const age = Date.now() - file.metadata.buildTime.getTime();
  if (age < -DAY) throw new RefusalError("the build time is in the future");
  if (file.metadata.buildTime.getTime() < OLDEST_BUILD) throw new RefusalError("no build time");
  const findings = known ?? examine(file);
  return { findings, content: { kind: "mmdb", bytes: bytes as Uint8Array<ArrayBuffer> } };
}

function examine(file: MmdbFile): Findings {
  const { networks, records } = checkTree(file);
  const data = new DataCheck(file.data.bytes);
  for (const record of records) data.check(record);
  const step = Math.max(1, Math.floor(records.length / SAMPLES_MAX));
  const samples = Array.from(records).filter((_, i) => i % step === 0);
  const { place, connection, security } = schemaOf(file, samples);
  if (!place && !connection && !security) {
    throw new RefusalError(`no known schema in the records of type ${file.metadata.databaseType}`);
  }
  const doubts = place === undefined ? NOTHING_DOUBTFUL : checkPlaces(place, records);
  return { networks, samples, ...doubts };
}

function inspectAsn(bytes: Buffer): Omit<Inspection, "digest"> {
  const table = readAsnCsv([bytes]);
  if (table.rangeCount === 0) throw new RefusalError("no ranges");
  const { ipv4, ipv6, numbers, organizations } = table;
  const content: AsnContent = { kind: "asn", ipv4, ipv6, numbers, organizations };
  const findings = { networks: table.rangeCount, samples: [], ...NOTHING_DOUBTFUL };
  return { findings, content };
}
