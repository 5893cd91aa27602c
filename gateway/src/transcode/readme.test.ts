import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { expect, test } from "vitest";

const HERE = import.meta.dirname;

test("the example of the README runs", () => {
  const [, code = ""] = /```ts\n(.*?)```/s.exec(readFileSync(`${HERE}/README.md`, "utf8")) ?? [];
  const argv = ["--input-type=module-typescript", "--eval", code];
  const output = execFileSync(process.execPath, argv, { cwd: HERE, encoding: "utf8" });
  expect(output).toMatch(/ipAddress: '192\.0\.2\.1',\s+language: 'de'/);
  expect(output).toContain('"city":"Zürich"');
});
