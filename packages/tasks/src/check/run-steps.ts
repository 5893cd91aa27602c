import { spawnSync } from "node:child_process";
import type { Step } from "./steps.ts";

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Runs every step, whatever became of those before it, and writes what failed steps said and then a table of all.
 * True if none failed.
 */
export function runSteps(
  steps: readonly Step[],
  root: string,
  write: (text: string) => void,
): boolean {
  const rows = steps.map((step) => {
    const startedAtMs = performance.now();
    const problem = problemOf(step, root);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    if (problem !== undefined) write(`\n${step.name}: ${step.argv.join(" ")}\n${problem}\n`);
    return { name: step.name, passed: problem === undefined, seconds };
  });
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, passed, seconds } of rows) {
    write(`${passed ? "passed" : "FAILED"}  ${name.padEnd(width)}  ${seconds} s`);
  }
  return rows.every(({ passed }) => passed);
}

/** What the step said if it failed, else undefined. */
function problemOf({ argv: [program, ...args] }: Step, root: string): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : `${stdout}${stderr}`.trimEnd();
}
