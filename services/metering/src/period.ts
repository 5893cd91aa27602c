/** A calendar month in UTC: a quota starts anew with each. `end` is exclusive. */
export type Period = { readonly start: Date; readonly end: Date };

/** The period that a moment falls in. */
export function periodOf(time: Date): Period {
  const year = time.getUTCFullYear();
  const month = time.getUTCMonth();
  return { start: new Date(Date.UTC(year, month)), end: new Date(Date.UTC(year, month + 1)) };
}

/** True when the moment lies in the period, or within `slackMs` of its edges (the clocks of gateways differ). */
export function isNear(period: Period, time: Date, slackMs: number): boolean {
  const ms = time.getTime();
  return ms >= period.start.getTime() - slackMs && ms < period.end.getTime() + slackMs;
}
