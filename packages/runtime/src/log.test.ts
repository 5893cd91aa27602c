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

test("a fault has its stack and those of its causes; a warning, which is expected, has none", () => {
  const { lines, log } = capture();
  const err = new Error("outer", { cause: new Error("inner") });
  log.error({ err }, "failed");
  log.warn({ err }, "trying again");
  log.error(err);
  const [failed, again, alone] = lines.map((line) => JSON.parse(line));
  expect([failed.err.stack, failed.err.cause.stack]).toEqual([
    expect.stringContaining("outer"),
    expect.stringContaining("inner"),
  ]);
  expect(again.err).toEqual({
    ...{ type: "Error", message: "outer" },
    cause: { type: "Error", message: "inner" },
  });
  expect(alone).toMatchObject({ msg: "outer", err: { stack: expect.any(String) } });
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

test("a credential is blanked however deep it is, and a key wherever it stands in a text", () => {
  const { lines, log } = capture();
  const entry = { a: { b: { c: { d: { Password: key } } } }, err: new Error(`refused ${key}`) };
  log.error(entry, `asked with ${key}`);
  expect(lines[0]).not.toContain(key);
  expect(lines[0]).toContain("refused gm_live_[redacted]");
});

/** A getter, a `toJSON` or a proxy that throws. */
function fails(): never {
  throw new Error("cannot be read");
}
const circular: { self?: object } & Error = new Error("circular");
circular.self = circular;

test.each([
  ["a circular error", circular, { message: "circular", self: "[circular]" }],
  ["a BigInt", Object.assign(new Error("b"), { units: 3n }), { message: "b", units: "3" }],
  [
    "a getter that throws",
    Object.defineProperty(new Error("g"), "x", { enumerable: true, get: fails }),
    { message: "g", x: "[unreadable]" },
  ],
  [
    "a cause that throws",
    Object.defineProperty(new Error("c"), "cause", { get: fails }),
    { message: "c", cause: "[unreadable]" },
  ],
  ["a toJSON that throws", { toJSON: fails }, "[unreadable]"],
  ["an error with a toJSON", Object.assign(new Error("j"), { toJSON: fails }), { message: "j" }],
  ["a proxy that throws", new Proxy({}, { get: fails, ownKeys: fails }), "[unreadable]"],
  [
    "an AggregateError",
    new AggregateError([new Error("one"), "two"], "both"),
    { type: "AggregateError", message: "both", errors: [{ message: "one" }, "two"] },
  ],
  [
    "a chain of causes",
    new Error("outer", { cause: new TypeError("inner", { cause: "root" }) }),
    { message: "outer", cause: { type: "TypeError", message: "inner", cause: "root" } },
  ],
  ["a text that was thrown", "text", "text"],
  ["undefined", undefined, undefined],
  ["null", null, null],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1n }), { a: "1" }],
  ["a map", new Map([["a", 1n]]), [["a", "1"]]],
  ["bytes", new Uint8Array(3), "[3 bytes]"],
])("%s can be logged", (_, err, told) => {
  const { lines, log } = capture();
  log.error({ err }, "failed");
  const line = JSON.parse(lines[0] ?? "");
  expect(lines[0]).not.toContain("unable to serialize");
  if (typeof told === "object" && told !== null) expect(line.err).toMatchObject(told);
  else expect(line.err).toEqual(told);
});

test("an error that is logged by itself is in `err`, with its stack", () => {
  const { lines, log } = capture();
  log.error(new RangeError("too far"));
  const { err } = JSON.parse(lines[0] ?? "");
  expect(err).toMatchObject({ type: "RangeError", message: "too far" });
  expect(err.stack).toContain("log.test.ts");
});

test("what is nested without end is cut", () => {
  const { lines, log } = capture();
  const root: Record<string, unknown> = {};
  let at = root;
  for (let depth = 0; depth < 1_000; depth += 1) {
    const below: Record<string, unknown> = {};
    at["below"] = below;
    at = below;
  }
  log.info({ root, text: "x".repeat(100_000) }, "deep");
  expect(lines[0]?.length).toBeLessThan(10_000);
});
