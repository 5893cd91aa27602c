import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LookupFramesResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { open as openMaxmind, Reader } from "maxmind";
import { AnswerWriter, ResultWriter } from "../src/answer/answer-writer.ts";
import { ByteWriter } from "../src/answer/byte-writer.ts";
import { FramedAnswers } from "../src/answer/framed-answers.ts";
import { LocationComposer } from "../src/answer/location-composer.ts";
import { byteTagOf } from "../src/answer/tags.ts";
import { byPrecedence, layerOf } from "../src/datasets/layer-of.ts";
import { inspectContent } from "../src/inspect/inspect-file.ts";
import type { Inspection } from "../src/inspect/inspection.ts";
import { OverrideTable } from "../src/overrides/override-table.ts";
import { defaultLists } from "../src/security/default-lists.ts";
import { specialPurposeAddresses } from "../src/special/special-purpose.ts";

const RESULTS = new ResultWriter([byteTagOf(LookupFramesResponseSchema.field.results)]);
const FRAME_BYTES = 400_000;
const PLAIN_LOOKUPS = 50_000;
const PARTS_MAX = 2 ** 20;
const WANTED = { language: "en", withNames: false, members: undefined } as const;

/** The inspected files of a datasets directory. */
export async function inspectAll(
  directory: string,
  names: readonly string[],
): Promise<Inspection[]> {
  return Promise.all(
    names.map(async (name) =>
      inspectContent(name, await readFile(join(directory, name)), { wallMs: Date.now() }),
    ),
  );
}

/** A composer with empty caches over inspected files. */
export function freshComposer(inspections: readonly Inspection[], names: readonly string[]) {
  const loaded = inspections.map((inspection, i) =>
    layerOf(inspection, { name: names[i] as string, modifiedAt: new Date(0) }),
  );
  const layers = byPrecedence(loaded);
  const composer = new LocationComposer({
    layers,
    systems: layers.filter(({ systems }) => systems !== undefined),
    special: specialPurposeAddresses(),
    overrides: new OverrideTable([]),
    lists: defaultLists(),
  });
  composer.setTime(Date.now());
  return composer;
}

/** Answers each address as a frame of plain answers does and returns addresses a second. */
export function measureComposer(composer: LocationComposer, texts: readonly Buffer[]): number {
  const writer = new AnswerWriter();
  const out = new ByteWriter();
  const start = performance.now();
  for (const text of texts) {
    writer.result(composer, RESULTS, text, 0, text.length, WANTED, out);
    if (out.length > FRAME_BYTES) out.length = 0;
  }
  return texts.length / ((performance.now() - start) / 1000);
}

/** Answers each address by reference, on a stream of its own, and returns addresses a second. */
export function measureReferences(composer: LocationComposer, texts: readonly Buffer[]): number {
  const framed = new FramedAnswers(PARTS_MAX);
  const out = new ByteWriter();
  framed.begin(composer, false, out);
  const start = performance.now();
  for (const text of texts) {
    if (!framed.result(composer, text, 0, text.length, WANTED, out)) {
      framed.begin(composer, true, out);
      framed.result(composer, text, 0, text.length, WANTED, out);
    }
    if (out.length > FRAME_BYTES) out.length = 0;
  }
  return texts.length / ((performance.now() - start) / 1000);
}

/** Lookups a second of `maxmind`'s bare reader, which caches nothing. */
export async function measurePlainReader(
  path: string,
  addresses: readonly string[],
): Promise<number> {
  const reader = new Reader(await readFile(path));
  const some = addresses.slice(0, PLAIN_LOOKUPS);
  const start = performance.now();
  for (const address of some) reader.get(address);
  return some.length / ((performance.now() - start) / 1000);
}

/** Lookups a second of `maxmind` with its cache, empty at first and then filled. */
export async function measureMaxmind(
  path: string,
  addresses: readonly string[],
): Promise<[cold: number, warm: number]> {
  const reader = await openMaxmind(path);
  const measure = () => {
    const start = performance.now();
    for (const address of addresses) reader.get(address);
    return addresses.length / ((performance.now() - start) / 1000);
  };
  return [measure(), measure()];
}
