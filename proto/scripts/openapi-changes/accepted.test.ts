import { expect, test } from "vitest";
import { type AcceptedChange, parseAccepted, unacceptedLines } from "./accepted.ts";

const entry = (change: string): AcceptedChange => ({ change, why: "unused", date: "2026-11-28" });

test("changes are refused unless an entry has their line", () => {
  expect(unacceptedLines(["A: removed", "B: removed"], [entry("A: removed")], [])).toEqual([
    "B: removed",
  ]);
});

test("an entry that matches nothing is refused", () => {
  expect(unacceptedLines([], [entry("A: removed")], [])).toEqual([
    "accepted, but not a change: A: removed",
  ]);
});

test("an entry that the base has is history: it need not match, and accepts nothing", () => {
  const old = [entry("A: removed")];
  expect(unacceptedLines([], old, old)).toEqual([]);
  expect(unacceptedLines(["A: removed"], old, old)).toEqual(["A: removed"]);
  const again = { ...entry("A: removed"), date: "2026-12-01" };
  expect(unacceptedLines(["A: removed"], [...old, again], old)).toEqual([]);
});

test.each([
  ["no list", {}],
  ["no reason", [{ change: "A: removed", why: "", date: "2026-11-28" }]],
  ["no date", [{ change: "A: removed", why: "unused", date: "soon" }]],
  ["a misspelt key", [{ ...entry("A: removed"), wy: "" }]],
  ["a text", ["A: removed"]],
])("%s is refused", (_what, list) => {
  expect(() => parseAccepted(JSON.stringify(list))).toThrow("accepted change");
});
