import { expect, test } from "vitest";
import { runSteps } from "./run-steps.ts";
import type { Step } from "./steps.ts";

const step = (name: string, script: string): Step => ({ name, argv: ["sh", "-c", script] });

function run(steps: Step[]): { passed: boolean; text: string } {
  const lines: string[] = [];
  const passed = runSteps(steps, "/", (line) => lines.push(line));
  return { passed, text: lines.join("\n") };
}

test("every step runs although one failed, and the failed one's words are shown", () => {
  const { passed, text } = run([step("first", "echo broken here; exit 3"), step("second", "true")]);
  expect(passed).toBe(false);
  expect(text).toContain("broken here");
  expect(text).toMatch(/FAILED {2}first/);
  expect(text).toMatch(/passed {2}second/);
});

test("a step whose program is missing fails", () => {
  const { passed, text } = run([{ name: "gone", argv: ["no-such-program-here"] }]);
  expect(passed).toBe(false);
  expect(text).toContain("ENOENT");
});

test("all steps passed is success, without their words", () => {
  const { passed, text } = run([step("quiet", "echo not shown")]);
  expect(passed).toBe(true);
  expect(text).not.toContain("not shown");
});
