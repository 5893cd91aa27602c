import { isTestKey, type Principal } from "../keys/key-table.ts";
import type { Locator } from "../lookups/locator.ts";
import { createTestLocator } from "../lookups/test-locator.ts";

/** What locates addresses for a caller. Every handler locates through it, so that none can forget what test keys may ask. */
export type LocatorOf = (principal: Principal) => Pick<Locator, "locate">;

/** Creates the choice between a locator of every address and one of the test addresses alone. */
export function createLocatorOf(locator: Locator): LocatorOf {
  const forTests = createTestLocator(locator);
  return (principal) => (isTestKey(principal) ? forTests : locator);
}
