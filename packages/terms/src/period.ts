/** A billing period: a calendar month in UTC, in milliseconds since 1970. Each has a full quota. */
export interface Period {
  /** Inclusive. */
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

/** The period that a moment falls in. */
export function periodOf(wallMs: number): Period {
  const time = new Date(wallMs);
  const [year, month] = [time.getUTCFullYear(), time.getUTCMonth()];
  return { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) };
}

/** True if the moment lies in the period or within `slackMs` of its edges: the clocks of gateways differ. */
export function isNear(period: Period, wallMs: number, slackMs: number): boolean {
  return wallMs >= period.startMs - slackMs && wallMs < period.endMs + slackMs;
}
