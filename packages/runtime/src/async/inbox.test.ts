import { expect, test } from "vitest";
import { createInbox } from "./inbox.ts";

test("work is done in order, one piece at a time, and continues after a failure", async () => {
  const done: string[] = [];
  const errors: unknown[] = [];
  const inbox = createInbox(10, (error) => errors.push(error));
  const slow = Promise.withResolvers<void>();
  inbox.add(async () => {
    await slow.promise;
    done.push("first");
  });
  inbox.add(async () => {
    throw new Error("second");
  });
  inbox.add(async () => {
    done.push("third");
  });
  slow.resolve();
  await inbox.idle();
  expect(done).toEqual(["first", "third"]);
  expect(errors).toEqual([new Error("second")]);
});

test("what does not fit is dropped, and there is room again later", async () => {
  const done: number[] = [];
  const inbox = createInbox(2, () => undefined);
  const added = [1, 2, 3].map((number) => inbox.add(async () => void done.push(number)));
  expect(added).toEqual([true, true, false]);
  await inbox.idle();
  inbox.add(async () => void done.push(4));
  await inbox.idle();
  expect(done).toEqual([1, 2, 4]);
});
