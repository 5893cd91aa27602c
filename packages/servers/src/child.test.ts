import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { expect, test } from "vitest";
import { hasEnded, stopChild } from "./child.ts";

const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";

test("a child that does not end when asked is made to", async () => {
  const child = spawn(process.execPath, ["-e", stubborn]);
  await once(child.stdout, "data");
  expect(hasEnded(child)).toBe(false);
  await stopChild(child, "SIGTERM", 50);
  expect(child.signalCode).toBe("SIGKILL");
  await stopChild(child, "SIGTERM", 50);
});

test("a program that is not there counts as ended", async () => {
  const child = spawn("/nowhere/program");
  await once(child, "error");
  expect(hasEnded(child)).toBe(true);
});
