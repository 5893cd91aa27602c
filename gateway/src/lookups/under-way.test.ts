import { expect, test } from "vitest";
import { anonymousForTest, principalForTest } from "../operations/testing/principal.ts";
import { UnderWay } from "./under-way.ts";

const [HERE, THERE] = [anonymousForTest("192.0.2.7"), anonymousForTest("2001:db8:1:2::/64")];

test("of a network without a key two batches may be under way, whatever others do", () => {
  const room = new UnderWay();
  room.enter(HERE, 2_000);
  expect(room.problem(HERE, 1)).toMatchObject({
    reason: "RATE_LIMITED",
    message: expect.stringContaining("of this client"),
  });
  expect(room.problem(THERE, 2_000)).toBeUndefined();
  room.leave(HERE, 2_000);
  expect(room.problem(HERE, 2_000)).toBeUndefined();
});

test("all networks without a key have room for 32,000 addresses, and leave the rest to keys", () => {
  const room = new UnderWay();
  for (let n = 0; n < 16; n += 1) room.enter(anonymousForTest(`192.0.2.${n}`), 2_000);
  expect(room.problem(THERE, 1)).toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  expect(room.problem(principalForTest(), 16_000)).toBeUndefined();
});
