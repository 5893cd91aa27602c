import { expect, test } from "vitest";
import { createRequestIds } from "./request-id.ts";

test("a valid id of the client is kept", () => {
  const requestId = createRequestIds();
  for (const id of ["a", "A-b_c.9", "x".repeat(64)]) expect(requestId(id)).toBe(id);
});

test("any other is replaced by a new valid one", () => {
  const requestId = createRequestIds();
  const bad = [undefined, "", "x".repeat(65), "a b", "a\r\nb", "ä", "a,b", "a, b"];
  const made = bad.map((id) => requestId(id));
  expect(new Set(made).size).toBe(bad.length);
  for (const id of made) expect(id).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
});
