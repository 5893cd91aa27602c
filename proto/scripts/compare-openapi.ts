/**
 * Fails where the REST API of the working copy breaks clients of that of a commit: `compare-openapi.ts <commit>`. An
 * intended change is an entry of proto/accepted-changes.json: the exact line, why, and the date.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { compareWithBase } from "./openapi-changes/compare-with-base.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [ref, ...rest] = process.argv.slice(2);
if (ref === undefined || rest.length > 0) {
  console.error("Say which commit to compare with: compare-openapi.ts <commit>");
  process.exitCode = 2;
} else {
  const lines = compareWithBase(root, ref);
  if (lines === undefined) console.log(`${ref} has no OpenAPI document to compare with`);
  for (const line of lines ?? []) console.error(line);
  process.exitCode = lines === undefined || lines.length === 0 ? 0 : 1;
}
