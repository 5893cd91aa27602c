import { AppError } from "@geomesh/runtime/errors";
import { createLog } from "@geomesh/runtime/log";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { Failures } from "./failures.ts";

const REQUEST = { requestId: "r-1", operation: "GetLocation" };

function failuresOf() {
  const lines: Record<string, unknown>[] = [];
  const clock = createTestClock();
  const log = createLog({
    service: "test",
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  return { failures: new Failures({ clock, log }), clock, lines };
}

test("an error that is not the caller's has a line with its request and its causes", () => {
  const { failures, lines } = failuresOf();
  const cause = new Error("14 UNAVAILABLE", { cause: new Error("ECONNREFUSED") });
  failures.note(new AppError("UPSTREAM_UNAVAILABLE", { cause }), REQUEST);
  expect(lines).toMatchObject([
    {
      ...{ request_id: "r-1", operation: "GetLocation", reason: "UPSTREAM_UNAVAILABLE" },
      err: { cause: { message: "14 UNAVAILABLE", cause: { message: "ECONNREFUSED" } } },
    },
  ]);
});

test("an error that is the caller's has no line, and is counted", () => {
  const { failures, lines } = failuresOf();
  for (let n = 0; n < 3; n += 1) failures.note(new AppError("KEY_INVALID"), REQUEST);
  expect(lines).toEqual([]);
  expect(failures.refusals()).toEqual([{ labels: { reason: "key_invalid" }, value: 3 }]);
});

test("of a flood ten lines are written in 10 s, and then how many were left out; another reason has its own", () => {
  const { failures, clock, lines } = failuresOf();
  for (let n = 0; n < 500; n += 1) failures.note(new AppError("AUTH_STALE"), REQUEST);
  failures.note(new AppError("INTERNAL", { cause: new Error("a bug") }), REQUEST);
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toMatchObject({ reason: "INTERNAL", err: { message: "a bug" } });
  clock.advance(10_000);
  failures.note(new AppError("AUTH_STALE"), REQUEST);
  expect(lines).toHaveLength(12);
  failures.close();
  expect(lines.at(-1)).toMatchObject({ msg: "more requests failed", left_out: 490 });
  expect(failures.refusals()).toContainEqual({ labels: { reason: "auth_stale" }, value: 501 });
});
