import { isIPv4, isIPv6 } from "node:net";
import { expect, test } from "vitest";
import { TEST_ADDRESSES } from "./test-addresses.ts";

test("the test addresses are of both families, and each is listed once with a reason of its own", () => {
  const addresses = TEST_ADDRESSES.map(({ address }) => address);
  expect(new Set(addresses).size).toBe(addresses.length);
  expect(new Set(TEST_ADDRESSES.map(({ why }) => why)).size).toBe(addresses.length);
  expect(addresses.filter(isIPv4).length).toBeGreaterThanOrEqual(4);
  expect(addresses.filter(isIPv6).length).toBeGreaterThanOrEqual(4);
  expect(addresses.every((address) => isIPv4(address) || isIPv6(address))).toBe(true);
});
