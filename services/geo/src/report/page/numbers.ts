const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** The least share that is told as a number. */
const LEAST = 0.001;

/** A whole number with its digits in groups. */
export const whole = (number: number) => WHOLE.format(number);

/** A number of three digits with what they count, such as `3.31B`. */
export const short = (number: number) => SHORT.format(number);

/** A share as percent with one decimal, such as `47.8%`; only all is `100%` and only nothing `0%`. Of nothing it is a dash. */
export function percent(part: number, total: number): string {
  if (total === 0) return "–";
  const share = part / total;
  if (part > 0 && share < LEAST) return `<${PERCENT.format(LEAST)}`;
  if (part < total && share > 1 - LEAST) return `>${PERCENT.format(1 - LEAST)}`;
  return PERCENT.format(share);
}

/** A day such as 2026-11-30, in UTC. */
export const day = (time: Date) => time.toISOString().slice(0, 10);
