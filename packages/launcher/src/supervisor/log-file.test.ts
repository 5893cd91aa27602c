import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogFile } from "./log-file.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "geomesh-log-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("a child that writes without end takes at most twice the bound, and the newest is kept", () => {
  const path = join(dir, "geo.log");
  const log = new LogFile(path, 100);
  for (let i = 0; i < 50; i++) log.write(Buffer.from(`line ${i}\n`));
  log.close();
  const [now, before] = [path, `${path}.1`].map((file) => statSync(file).size);
  expect(now).toBeLessThanOrEqual(100);
  expect(before).toBeLessThanOrEqual(100);
  expect(readFileSync(path, "utf8")).toMatch(/line 49\n$/);
});

test("a log continues where the last run ended", () => {
  const path = join(dir, "geo.log");
  for (const text of ["first\n", "second\n"]) {
    const log = new LogFile(path);
    log.write(Buffer.from(text));
    log.close();
  }
  expect(readFileSync(path, "utf8")).toBe("first\nsecond\n");
});

test("the tail of a log is its last lines of this run, also where the file was just begun anew", () => {
  const path = join(dir, "geo.log");
  const before = new LogFile(path);
  before.write(Buffer.from("of the run before\n"));
  before.close();
  const log = new LogFile(path, 60);
  expect(log.tail(2)).toEqual([]);
  log.write(Buffer.from("a\n"));
  expect(log.tail(2)).toEqual(["a"]);
  log.write(Buffer.from("b\nc\n"));
  expect(log.tail(2)).toEqual(["b", "c"]);
  log.write(Buffer.from(`${"d".repeat(50)}\n`));
  expect(log.tail(2)).toEqual(["d".repeat(50)]);
  log.close();
  rmSync(path);
  expect(log.tail(2)).toEqual([]);
});
