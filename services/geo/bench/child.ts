import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";

const CLOCK_TICKS_PER_SECOND = 100;
/** As in package.json: the garbage of frames is short-lived, and a larger young generation only costs memory. */
const YOUNG_GENERATION_FLAG = "--max-semi-space-size=8";

/** A geo process of its own. */
export interface GeoChild {
  readonly port: number;
  /** Milliseconds from its start until it was ready. */
  readonly readyMs: number;
  /** CPU seconds that it has used. */
  cpuSeconds(): Promise<number>;
  /** Resident memory in MiB. */
  residentMiB(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts geo with the default datasets, unpacked below `dataDir`, and waits until it is ready. */
export async function startGeo(dataDir: string): Promise<GeoChild> {
  const [port, opsPort] = [await freePort(), await freePort()];
  const start = performance.now();
  const main = fileURLToPath(import.meta.resolve("../src/main.ts"));
  const child = spawn(process.execPath, [YOUNG_GENERATION_FLAG, main], {
    env: {
      ...process.env,
      GEO_PORT: String(port),
      GEO_OPS_PORT: String(opsPort),
      GEO_DATA_DIR: dataDir,
      GEO_DATASETS_DIR: "",
      LOG_LEVEL: "error",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await eventually(async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).ok, {
    deadlineMs: 60_000,
  });
  return {
    port,
    readyMs: performance.now() - start,
    cpuSeconds: () => cpuSeconds(child),
    residentMiB: () => residentMiB(child),
    stop: () => stop(child),
  };
}

async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

async function residentMiB({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
