import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";

test("what throws or is false is tried again, and the first other answer counts", async () => {
  let calls = 0;
  const answer = await eventually(() => {
    calls += 1;
    if (calls === 1) throw new Error("not yet");
    return calls < 3 ? false : calls;
  });
  expect(answer).toBe(3);
});

test("after its deadline it rejects with what the check threw last", async () => {
  let calls = 0;
  const failing = eventually(
    () => {
      calls += 1;
      throw new Error(`call ${calls}`);
    },
    { deadlineMs: 50 },
  );
  await expect(failing).rejects.toThrow(/^call \d+$/);
  expect(calls).toBeGreaterThan(1);
  await expect(eventually(() => false, { deadlineMs: 20 })).rejects.toThrow("still false");
});
