/**
 * `npm run bench`: the mesh beside a bare server. `npm run bench -- [--quick] NAME…` runs other parts, `all`
 * all of them.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LoadGenerators } from "./load/generators.ts";
import { machineLines } from "./machine.ts";
import { FLAGS, FULL } from "./options.ts";
import { PARTS } from "./parts/parts.ts";
import { markdownOf } from "./report.ts";
import { startBenchMesh } from "./targets/bench-mesh.ts";

const argv = process.argv.slice(2);
const options = argv.map((arg) => FLAGS.get(arg)).find((found) => found !== undefined) ?? FULL;
const asked = argv.filter((arg) => !FLAGS.has(arg));
const names = asked.length === 0 ? ["gateway"] : asked.includes("all") ? [...PARTS.keys()] : asked;
const unknown = names.filter((name) => name !== "geo" && !PARTS.has(name));
if (unknown.length > 0) {
  const known = [...PARTS.keys(), "geo", "all"].join(", ");
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${known}`);
  process.exitCode = 1;
} else if (names.includes("geo")) {
  const script = fileURLToPath(new URL("../../services/geo/bench/main.ts", import.meta.url));
  process.exitCode = spawnSync(process.execPath, [script], { stdio: "inherit" }).status ?? 1;
} else {
  await runParts();
}

async function runParts(): Promise<void> {
  for (const line of machineLines()) console.log(line);
  const { rounds, seconds } = options;
  console.log(`command: npm run bench -- ${argv.join(" ")}`);
  console.log(`rounds: ${rounds} of ${seconds} s for each measurement, in turn\n`);
  const generators = new LoadGenerators();
  const mesh = await startBenchMesh();
  try {
    for (const name of names) {
      const report = await PARTS.get(name)?.({ mesh, generators }, options);
      if (report !== undefined) console.log(markdownOf(report));
    }
  } finally {
    await generators.close();
    await mesh.close();
  }
}
