import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { run } from "./run.ts";

const dataDir = path.resolve(process.env["GEO_DATA_DIR"] ?? ".data/bench/geo");
await mkdir(dataDir, { recursive: true });
const print = (line: string) => process.stdout.write(`${line}\n`);
print(
  `${os.cpus().length} x ${os.cpus()[0]?.model}, load ${os.loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);
await run({ dataDir, print });
