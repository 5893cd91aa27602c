/**
 * `npm run chaos -- kills | hostile | rolling-restart | revocations`, with `--quick` for a first look: what a mesh must survive, too long and
 * too random for `npm test`.
 */
import process from "node:process";
import { runKills } from "./kills.ts";
import { runRevocations } from "./revocations.ts";
import { runRollingRestart } from "./rolling-restart.ts";

const FULL = {
  seconds: 120,
  kills: 70,
  quota: 30_000,
  restarts: 6,
  revocations: 10_000,
  withoutNats: 200,
};
const QUICK = {
  seconds: 20,
  kills: 10,
  quota: 5_000,
  restarts: 2,
  revocations: 200,
  withoutNats: 20,
};

const argv = process.argv.slice(2);
const options = argv.includes("--quick") ? QUICK : FULL;
const RUNS: Readonly<Record<string, () => Promise<boolean>>> = {
  kills: () => kills(false),
  hostile: () => kills(true),
  "rolling-restart": rollingRestart,
  revocations,
};

const [name = "kills"] = argv.filter((arg) => arg !== "--quick");
const run = RUNS[name];
if (run === undefined) {
  console.error(`no such run: ${name}; there are: ${Object.keys(RUNS).join(", ")}`);
  process.exitCode = 1;
} else process.exitCode = (await run()) ? 0 : 1;

async function kills(isHostile: boolean): Promise<boolean> {
  const report = await runKills({ ...options, isHostile });
  console.dir(report, { depth: null });
  const { quota, answered, billed } = report;
  const isRight = answered <= billed && billed <= quota;
  console.log(isRight ? "Nothing beyond the quota, nothing unbilled." : "BROKEN: see the figures.");
  return isRight;
}

async function rollingRestart(): Promise<boolean> {
  const { restarts, seen } = await runRollingRestart(options.restarts);
  console.log(`two gateways, each restarted ${restarts} times`);
  for (const { kind, answered, sentAnew, failed } of seen) {
    const anew = sentAnew > 0 ? `, ${sentAnew} sent anew before anything of them had left` : "";
    const why = [...failed].map(([what, count]) => `${what} × ${count}`).join(", ") || "none";
    console.log(`${kind}: ${answered} answered${anew}; failed: ${why}`);
  }
  return seen.every(({ failed }) => failed.size === 0);
}

async function revocations(): Promise<boolean> {
  const delays = await runRevocations(options);
  for (const { what, count, p50, p99, max } of delays) {
    const [a, b, c] = [p50, p99, max].map((ms) => ms.toFixed(1));
    console.log(`${what}: ${count} revoked; ms to the last refusal: p50 ${a}, p99 ${b}, max ${c}`);
  }
  return true;
}
