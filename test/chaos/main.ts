/** `npm run chaos`: a mesh whose processes are killed at random. `npm run chaos -- --hostile` adds what is worse. */
import process from "node:process";
import { runKills } from "./kills.ts";

const FLAGS = ["--hostile", "--quick"];

const argv = process.argv.slice(2);
const unknown = argv.filter((arg) => !FLAGS.includes(arg));
if (unknown.length > 0) {
  console.error(`no such option: ${unknown.join(", ")}; there are: ${FLAGS.join(", ")}`);
  process.exitCode = 1;
} else {
  const isQuick = argv.includes("--quick");
  const report = await runKills({
    seconds: isQuick ? 20 : 120,
    kills: isQuick ? 10 : 70,
    quota: isQuick ? 5_000 : 30_000,
    isHostile: argv.includes("--hostile"),
  });
  console.log(report);
  const { quota, answered, billed } = report;
  const isRight = answered <= billed && billed <= quota;
  console.log(isRight ? "Nothing beyond the quota, nothing unbilled." : "BROKEN: see the figures.");
  process.exitCode = isRight ? 0 : 1;
}
