import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { expect, test } from "vitest";

const HERE = import.meta.dirname;

const README = readFileSync(`${HERE}/README.md`, "utf8");
const EXAMPLES = [...README.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
const [UNARY = "", STREAM = "", EXTENSION = ""] = EXAMPLES;

function run(code: string): string {
  const argv = ["--input-type=module-typescript", "--eval", code];
  return execFileSync(process.execPath, argv, { cwd: HERE, encoding: "utf8" });
}

test("the example of the README runs", () => {
  const output = run(UNARY);
  expect(output).toMatch(/ipAddress: '192\.0\.2\.1',\s+language: 'de'/);
  expect(output).toContain('"city":"Zürich"');
});

test("its example of a stream runs", () => {
  const output = run(STREAM);
  expect(output).toContain("host: 'a.example'");
  const data = output.split("\n").filter((line) => line.startsWith("data: {"));
  expect(data).toEqual([
    expect.stringContaining('"file_by_filename":"a.proto"'),
    expect.stringContaining('"file_by_filename":"b.proto"'),
    "data: {}",
  ]);
});

test("its example of an extension runs, and there is no other", () => {
  const [found, json = ""] = run(EXTENSION).split("\n");
  expect(found).toBe("true");
  expect(JSON.parse(json)).toMatchObject({ deprecated: true, "[geomesh.policy.v1.opt_in]": true });
  expect(EXAMPLES).toHaveLength(3);
});
