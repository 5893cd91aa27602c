import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Writes a generated source file in the form that the formatter of the project gives it. */
export function writeFormatted(file: URL, text: string): void {
  writeFileSync(file, text);
  execFileSync("npx", ["biome", "format", "--write", fileURLToPath(file)], { stdio: "ignore" });
}
