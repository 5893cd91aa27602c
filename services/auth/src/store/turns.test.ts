import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Actor, systemActor } from "./actor.ts";
import { inTurns } from "./turns.ts";
import type { Write } from "./write.ts";

/** A writer whose changes end when they are told to, in the order in which they began, and all of them when the test is over. */
function startTurns() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  let isOver = false;
  const write = inTurns((async ({ actor_account_id }: Actor) => {
    begun.push(actor_account_id);
    if (!isOver) await new Promise<void>((resolve) => ends.push(resolve));
  }) as Write);
  onTestFinished(() => {
    isOver = true;
    for (const end of ends) end();
  });
  return {
    begun,
    change: (account: string) =>
      write({ ...systemActor("UpdateKey"), actor_account_id: account }, async () => undefined),
    async endNext() {
      const count = begun.length;
      ends.shift()?.();
      await eventually(() => begun.length > count, { deadlineMs: 5_000 });
    },
  };
}

test("an account that sends many changes delays another by a turn, and what ends makes room", async () => {
  const { begun, change, endNext } = startTurns();
  for (let sent = 0; sent < 30; sent += 1) void change("flood");
  void change("other");
  void change("other");
  expect(begun).toEqual(["flood", "flood", "flood", "flood"]);
  for (let ended = 0; ended < 5; ended += 1) await endNext();
  expect(begun.slice(4)).toEqual(["flood", "other", "flood", "other", "flood"]);
});

test("beyond 64 that wait, changes of an account are refused, and those of others are not", async () => {
  const { begun, change, endNext } = startTurns();
  for (let sent = 0; sent < 4 + 64; sent += 1) void change("flood");
  await expect(change("flood")).rejects.toMatchObject({
    ...{ reason: "RATE_LIMITED", retryAfterMs: 1_000 },
    metadata: { violated_policy: "account" },
  });
  void change("other");
  await endNext();
  void change("flood");
  await endNext();
  expect(begun.at(-1)).toBe("other");
});

test("beyond 1,024 that wait in all, every change is refused for now", async () => {
  const { change } = startTurns();
  for (let sent = 0; sent < 4 + 1_024; sent += 1) void change(`account ${sent % 100}`);
  await expect(change("another")).rejects.toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
});

test("a change whose turn does not come in 10 s is given up, and its place with it", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { begun, change } = startTurns();
  for (let sent = 0; sent < 4; sent += 1) void change("flood");
  const late = Array.from({ length: 64 }, () => change("flood"));
  const outcomes = Promise.allSettled(late);
  await vi.advanceTimersByTimeAsync(10_000);
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ reason: { reason: "DATABASE_UNAVAILABLE" } });
  }
  void change("flood");
  expect(begun).toHaveLength(4);
});

test("a change that fails gives its place to the next", async () => {
  const write = inTurns(async () => {
    throw new Error("failed");
  });
  const changes = Array.from({ length: 20 }, () =>
    write(systemActor("UpdateKey"), async () => undefined),
  );
  const outcomes = await Promise.allSettled(changes);
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
});
