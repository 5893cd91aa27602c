import { expect, test } from "vitest";
import { createLog } from "./log.ts";

const key = "gm_live_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";

function capture() {
  const lines: string[] = [];
  const log = createLog({
    service: "geo",
    destination: { write: (line) => void lines.push(line) },
  });
  return { lines, log };
}

test("a line is JSON with its time and service", () => {
  const { lines, log } = capture();
  log.info({ port: 1 }, "listening");
  const line = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({ service: "geo", port: 1, msg: "listening" });
  expect(new Date(line.time).toISOString()).toBe(line.time);
});

test("fields of a process are in every line", () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  createLog({ service: "geo", fields: { worker: 2 }, destination }).info("ready");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ service: "geo", worker: 2, msg: "ready" });
});

test.each([
  { what: "a secret", entry: { secret: key } },
  { what: "a header", entry: { headers: { authorization: `Bearer ${key}` } } },
  { what: "a header of a request", entry: { request: { headers: { "x-api-key": key } } } },
  { what: "a query parameter", entry: { request: { url: { query: { api_key: key } } } } },
  { what: "a password in a configuration", entry: { config: { password: key } } },
])("$what never reaches a line", ({ entry }) => {
  const { lines, log } = capture();
  log.info(entry, "seen");
  expect(lines[0]).toContain("[redacted]");
  expect(lines[0]).not.toContain(key);
});
