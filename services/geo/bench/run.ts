import { join } from "node:path";
import { randomAddresses, skewedAddresses } from "./addresses.ts";
import { startGeo } from "./child.ts";
import {
  freshComposer,
  inspectAll,
  measureComposer,
  measureMaxmind,
  measurePlainReader,
} from "./in-process.ts";
import { measureStream } from "./stream.ts";

const addressCount = 500_000;
const datasets = ["GeoLite2-City.mmdb", "asn-ipv4.csv", "asn-ipv6.csv"];
const city = datasets.slice(0, 1);

/** Measures geo with its default datasets, unpacked below `dataDir`, and prints what it finds line by line. */
export async function run({ dataDir, print }: { dataDir: string; print: (line: string) => void }) {
  const loads = [
    ["random", randomAddresses(addressCount)],
    ["skewed", skewedAddresses(addressCount)],
  ] as const;
  const geo = await startGeo(dataDir);
  try {
    print(
      `geo process: ready in ${geo.readyMs.toFixed(0)} ms, ${(await geo.residentMiB()).toFixed(0)} MiB`,
    );
    for (const [name, addresses] of loads) {
      for (const frameSize of [16, 1000]) {
        for (const state of frameSize === 16 ? ["first", "again"] : ["again"]) {
          const before = await geo.cpuSeconds();
          const rate = await measureStream(geo.port, addresses, frameSize);
          const cpu = (((await geo.cpuSeconds()) - before) / addressCount) * 1e6;
          print(
            `stream, ${name}, frames of ${frameSize}, ${state}: ${thousands(rate)}, ${cpu.toFixed(1)} CPU-seconds a million`,
          );
        }
      }
    }
    print(`geo process: ${(await geo.residentMiB()).toFixed(0)} MiB after that`);
  } finally {
    await geo.stop();
  }
  const directory = join(dataDir, "datasets");
  for (const [name, addresses] of loads) {
    const path = join(directory, datasets[0] as string);
    const [cold, warm] = await measureMaxmind(path, addresses);
    print(
      `in process, ${name}, maxmind open().get(): cold ${thousands(cold)}, warm ${thousands(warm)}`,
    );
    print(
      `in process, ${name}, maxmind new Reader().get(): ${thousands(await measurePlainReader(path, addresses))}`,
    );
    for (const [what, names] of [
      ["City record only", city],
      ["whole answer", datasets],
    ] as const) {
      const composer = freshComposer(await inspectAll(directory, names), names);
      const texts = addresses.map((address) => Buffer.from(address));
      const first = measureComposer(composer, texts);
      const again = measureComposer(composer, texts);
      print(
        `in process, ${name}, geo, ${what}: cold ${thousands(first)}, warm ${thousands(again)}; cold is ${(first / cold).toFixed(1)} x maxmind's`,
      );
    }
  }
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)} k/s`;
}
