import process from "node:process";
import { fileURLToPath } from "node:url";
import { importCircles } from "./import-circles.ts";
import { oddWords } from "./odd-words.ts";
import { report } from "./report.ts";
import { readSources } from "./sources.ts";
import { undocumentedExports } from "./undocumented-exports.ts";

const CHECKS = { circles: importCircles, exports: undocumentedExports, words: oddWords };

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const [name = ""] = process.argv.slice(2);
const sources = readSources(root);
if (name === "report") {
  console.log(report(sources));
} else if (Object.hasOwn(CHECKS, name)) {
  const problems = CHECKS[name as keyof typeof CHECKS](sources);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} else {
  console.error(`Say one of: ${Object.keys(CHECKS).join(", ")}, report.`);
  process.exitCode = 2;
}
