// Compares what dataset files say of the autonomous systems of 60,000 announced addresses, half of them IPv4, as tables in
// Markdown; the files of one source stand between commas:
// node services/geo/scripts/compare-systems.ts GeoLite2-ASN.mmdb asn-ipv4.csv,asn-ipv6.csv …
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { Address } from "../src/address/address.ts";
import { mergeSystems } from "../src/asn/merge-systems.ts";
import { layerOf } from "../src/datasets/layer-of.ts";
import { inspectContent } from "../src/inspect/inspect-file.ts";
import type { SystemLayer } from "../src/layers/layer.ts";
import { NO_RECORD } from "../src/mmdb/search-tree.ts";

const SEED = 88_172_645;
const SAMPLE_COUNT_PER_FAMILY = 30_000;

interface Source {
  readonly name: string;
  readonly layers: readonly SystemLayer[];
}

const sources = process.argv.slice(2).map(
  (files): Source => ({
    name: basename(files.split(",")[0] ?? ""),
    layers: files.split(",").map((path) => {
      const inspection = inspectContent(path, readFileSync(path), { wallMs: Date.now() });
      return layerOf(inspection, { name: basename(path), modifiedAt: statSync(path).mtime });
    }),
  }),
);
const random = randomWords(SEED);
const sample = [...sampleOf("ipv4"), ...sampleOf("ipv6")];
const said = sources.map((source) => sample.map((address) => systemOf(source, address)));

print([
  [
    "source",
    "has a system",
    "other than all others, two at least, agree",
    ...sources.map(({ name }) => name),
  ],
  ...sources.map(({ name }, i) => [
    name,
    String(count((at) => numberOf(i, at) !== undefined)),
    String(count((at) => isAlone(i, at))),
    ...sources.map((_, j) => agreement(i, j)),
  ]),
]);

/** Addresses that at least one source has a system for: of IPv4 at random, of IPv6 inside of random networks. */
function sampleOf(family: "ipv4" | "ipv6"): Address[] {
  const systems = sources.flatMap(({ layers }) => layers.flatMap((layer) => layer.systems ?? []));
  const { starts } = finish(finish(mergeSystems(systems)).systems.segments(family));
  const found: Address[] = [];
  while (found.length < SAMPLE_COUNT_PER_FAMILY) {
    const address = new Address();
    if (family === "ipv4") address.setIpv4(random());
    else {
      const at = (random() % (starts.length / 4)) * 4;
      for (let i = 0; i < 4; i++) address.words[i] = starts[at + i] as number;
    }
    if (sources.some((source) => systemOf(source, address) !== undefined)) found.push(address);
  }
  return found;
}

function systemOf({ layers }: Source, address: Address): number | undefined {
  for (const layer of layers) {
    const isOfFamily = address.isIpv4 ? layer.families.ipv4 : layer.families.ipv6;
    const record = isOfFamily ? layer.find(address) : NO_RECORD;
    const number =
      record === NO_RECORD ? undefined : layer.systems?.read(record).autonomousSystemNumber;
    if (number !== undefined) return number;
  }
  return undefined;
}

function numberOf(source: number, at: number): number | undefined {
  return said[source]?.[at];
}

/** Whether all others that have a system, at least two, have one and the same, and the source has another. */
function isAlone(source: number, at: number): boolean {
  const others = sources.flatMap((_, j) => (j === source ? [] : (numberOf(j, at) ?? [])));
  const own = numberOf(source, at);
  return own !== undefined && others.length >= 2 && new Set(others).size === 1 && others[0] !== own;
}

/** The share of addresses with the same system, of those for which both sources have one. */
function agreement(i: number, j: number): string {
  if (i === j) return "";
  const both = count((at) => numberOf(i, at) !== undefined && numberOf(j, at) !== undefined);
  const same = count((at) => numberOf(i, at) !== undefined && numberOf(i, at) === numberOf(j, at));
  return `${((100 * same) / both).toFixed(1)} %`;
}

function count(is: (at: number) => boolean): number {
  return sample.filter((_, at) => is(at)).length;
}

/** Words by xorshift. */
function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function finish<T>(pieces: Generator<void, T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}

function print(rows: readonly (readonly string[])[]): void {
  const [head = [], ...rest] = rows;
  const lines = [head, head.map(() => "---"), ...rest].map((cells) => `| ${cells.join(" | ")} |`);
  process.stdout.write(`${lines.join("\n")}\n`);
}
