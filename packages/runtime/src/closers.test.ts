import { afterEach, expect, test, vi } from "vitest";
import { Closers } from "./closers.ts";
import { createLog } from "./log.ts";

afterEach(() => {
  vi.useRealTimers();
});

function createClosers() {
  const logged: { step: string }[] = [];
  const destination = { write: (line: string) => void logged.push(JSON.parse(line)) };
  return { closers: new Closers(createLog({ service: "test", destination })), logged };
}

test("what was opened last is closed first, each once, though one fails", async () => {
  const { closers, logged } = createClosers();
  const closed: string[] = [];
  const close = (name: string) => async () => {
    closed.push(name);
    if (name === "events") throw new Error("already gone");
  };
  for (const name of ["database", "events", "server"]) closers.add(name, close(name));
  await closers.closeAll();
  await closers.closeAll();
  expect(closed).toEqual(["server", "events", "database"]);
  expect(logged).toMatchObject([{ step: "events", err: { message: "already gone" } }]);
});

test("a step that hangs does not keep the others open", async () => {
  vi.useFakeTimers();
  const { closers, logged } = createClosers();
  const closed: string[] = [];
  closers.add("database", () => closed.push("database"));
  closers.add("server", () => new Promise(() => {}));
  const all = closers.closeAll();
  await vi.advanceTimersByTimeAsync(6_000);
  await all;
  expect(closed).toEqual(["database"]);
  expect(logged).toMatchObject([{ step: "server" }]);
});
