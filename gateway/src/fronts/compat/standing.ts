import type { LimitHeaders } from "../../operations/outcome.ts";

/** What is left of one limit, and in how many seconds all of it is available again. */
export interface Left {
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** An item of `RateLimit` as `limitHeaders` writes it. */
const ITEM = /"(\w+)";r=(\d+);t=(\d+)/g;
const MONTH = "month";

/** What is left of the month's quota; undefined where none is known. */
export function leftOfMonth(limits: LimitHeaders): Left | undefined {
  return leftOf(limits).get(MONTH);
}

/** The limit of which the least is left; undefined where none is known. */
export function leastLeft(limits: LimitHeaders): Left | undefined {
  return [...leftOf(limits).values()].toSorted((a, b) => a.remaining - b.remaining)[0];
}

function leftOf({ ratelimit = "" }: LimitHeaders): ReadonlyMap<string, Left> {
  return new Map(
    Array.from(ratelimit.matchAll(ITEM), ([, policy = "", remaining, reset]) => [
      policy,
      { remaining: Number(remaining), resetSeconds: Number(reset) },
    ]),
  );
}
