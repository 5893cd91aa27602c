import { expect, test } from "vitest";
import {
  type ErrorKind,
  HTTP_STATUS,
  isReason,
  publicReason,
  REASONS,
  type Reason,
  reasonOfKind,
  reasonRow,
} from "./reasons.ts";

const rows = Object.keys(REASONS).map((reason) => reason as Reason);

test.each(rows)("%s is named, worded and numbered as the API promises", (reason) => {
  const { httpStatus, sentence } = reasonRow(reason);
  expect(reason).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  expect(httpStatus).toBeGreaterThanOrEqual(400);
  expect(httpStatus).toBeLessThan(600);
  expect(sentence).toMatch(/^[^.]+[^. ]$/);
});

test.each(rows)(
  "what clients see of %s is a public reason with the same HTTP status or a 500",
  (reason) => {
    const shown = publicReason(reason);
    expect(publicReason(shown)).toBe(shown);
    expect([reasonRow(reason).httpStatus, 500]).toContain(reasonRow(shown).httpStatus);
  },
);

test.each(Object.keys(HTTP_STATUS))("%s has a reason of its own name", (kind) => {
  expect(reasonRow(reasonOfKind(kind as ErrorKind)).kind).toBe(kind);
});

test("a name that no row has is no reason, not even one that every object has", () => {
  expect(isReason("KEY_MISSING")).toBe(true);
  expect(isReason("toString")).toBe(false);
});
