import { join } from "node:path";
import { randomAddresses, skewedAddresses } from "./addresses.ts";
import { startGeo } from "./child.ts";
import {
  freshComposer,
  inspectAll,
  measureComposer,
  measureMaxmind,
  measurePlainReader,
  measureReferences,
} from "./in-process.ts";
import { measureStream, type StreamOptions } from "./stream.ts";

const ADDRESS_COUNT = 500_000;
const DATASETS = ["GeoLite2-City.mmdb", "asn-ipv4.csv", "asn-ipv6.csv"];
const CITY = DATASETS.slice(0, 1);
const PARTS_MAX = 2 ** 20;
const ROUNDS: readonly (StreamOptions & { readonly what: string })[] = [
  { frameSize: 16, partsMax: 0, what: "plain, first" },
  { frameSize: 16, partsMax: 0, what: "plain, again" },
  { frameSize: 16, partsMax: PARTS_MAX, what: "by reference" },
  { frameSize: 1000, partsMax: 0, what: "plain" },
  { frameSize: 1000, partsMax: PARTS_MAX, what: "by reference" },
];

type Print = (line: string) => void;
type Load = readonly [name: string, addresses: readonly string[]];

/** Measures geo with its default datasets, unpacked below `dataDir`, and prints the results line by line. */
export async function run({ dataDir, print }: { dataDir: string; print: Print }): Promise<void> {
  const loads: Load[] = [
    ["random", randomAddresses(ADDRESS_COUNT)],
    ["skewed", skewedAddresses(ADDRESS_COUNT)],
  ];
  await runProcess(dataDir, loads, print);
  for (const load of loads) await runInProcess(join(dataDir, "datasets"), load, print);
}

/** Measures a process of its own over one stream. */
async function runProcess(dataDir: string, loads: readonly Load[], print: Print): Promise<void> {
  const geo = await startGeo(dataDir);
  const memory = async () => `${(await geo.residentMiB()).toFixed(0)} MiB`;
  print(`geo process: ready in ${geo.readyMs.toFixed(0)} ms, ${await memory()}`);
  try {
    for (const [name, addresses] of loads) {
      for (const round of ROUNDS) {
        const before = await geo.cpuSeconds();
        const { rate, answerBytes } = await measureStream(geo.port, addresses, round);
        const cpu = (((await geo.cpuSeconds()) - before) / ADDRESS_COUNT) * 1e6;
        const what = `stream, ${name}, frames of ${round.frameSize}, ${round.what}`;
        const cost = `${cpu.toFixed(1)} CPU-seconds a million, ${answerBytes.toFixed(0)} bytes each`;
        print(`${what}: ${thousands(rate)}, ${cost}`);
      }
    }
    print(`geo process: ${await memory()} after that`);
  } finally {
    await geo.stop();
  }
}

/** Measures the same lookups without a network, and those of `maxmind`. */
async function runInProcess(
  directory: string,
  [name, addresses]: Load,
  print: Print,
): Promise<void> {
  const path = join(directory, DATASETS[0] as string);
  const [cold, warm] = await measureMaxmind(path, addresses);
  const plain = await measurePlainReader(path, addresses);
  print(`in process, ${name}, maxmind new Reader().get(): ${thousands(plain)}`);
  print(
    `in process, ${name}, maxmind open().get(): cold ${thousands(cold)}, warm ${thousands(warm)}`,
  );
  const texts = addresses.map((address) => Buffer.from(address));
  for (const [what, names] of [
    ["City record only", CITY],
    ["whole answer", DATASETS],
  ] as const) {
    const composer = freshComposer(await inspectAll(directory, names), names);
    const first = measureComposer(composer, texts);
    const again = measureComposer(composer, texts);
    const ratios = `cold is ${(first / plain).toFixed(1)} x Reader, ${(first / cold).toFixed(1)} x open`;
    print(
      `in process, ${name}, geo, ${what}: cold ${thousands(first)}, warm ${thousands(again)}; ${ratios}`,
    );
    print(
      `in process, ${name}, geo, ${what}, by reference: ${thousands(measureReferences(composer, texts))}`,
    );
  }
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)} k/s`;
}
