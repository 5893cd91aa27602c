import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { brokenLinks } from "./broken-links.ts";
import { importCircles } from "./import-circles.ts";
import { importOrder } from "./import-order.ts";
import { oddWords } from "./odd-words.ts";
import { report } from "./report.ts";
import { readSources, type Source } from "./sources.ts";
import { undocumentedExports } from "./undocumented-exports.ts";

/** What is wrong with the sources, one line a problem. `exists` tells of any path from the root. */
type Check = (sources: readonly Source[], exists: (name: string) => boolean) => string[];

const CHECKS = new Map<string, Check>([
  ["circles", importCircles],
  ["order", importOrder],
  ["exports", undocumentedExports],
  ["words", oddWords],
  ["links", brokenLinks],
]);

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const [name = ""] = process.argv.slice(2);
const sources = readSources(root);
const check = CHECKS.get(name);
if (name === "report") {
  console.log(report(sources));
} else if (check !== undefined) {
  const problems = check(sources, (name) => existsSync(path.join(root, name)));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} else {
  console.error(`Say one of: ${[...CHECKS.keys()].join(", ")}, report.`);
  process.exitCode = 2;
}
