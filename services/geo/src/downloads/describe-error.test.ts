import { expect, test } from "vitest";
import { describeError } from "./describe-error.ts";

const refused = (port: number) =>
  Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: "ECONNREFUSED" });

test.each<[string, unknown, string]>([
  [
    "a cause",
    new Error("fetch failed", { cause: refused(1) }),
    "fetch failed: connect ECONNREFUSED 127.0.0.1:1",
  ],
  [
    "several tries to connect",
    new TypeError("fetch failed", { cause: new AggregateError([refused(1), refused(2)], "") }),
    "fetch failed: connect ECONNREFUSED 127.0.0.1:1",
  ],
  ["a code alone", Object.assign(new Error(""), { code: "EPIPE" }), "EPIPE"],
  ["the same message twice", new Error("a", { cause: new Error("a") }), "a"],
  [
    "a URL with credentials",
    new Error("bad URL http://u:hush@a.example/x"),
    "bad URL http://a.example/x",
  ],
  ["a text", "torn", "torn"],
])("an error with %s is told in one line", (_, error, line) => {
  expect(describeError(error)).toBe(line);
});

test("causes that go round end", () => {
  const error = new Error("round");
  error.cause = error;
  expect(describeError(error)).toBe("round");
});
