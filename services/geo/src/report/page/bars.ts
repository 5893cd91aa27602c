import type { Coverage } from "../tally.ts";
import { html, type Markup } from "./markup.ts";
import { percent } from "./numbers.ts";

/** How exactly places are known, from best to worst, each with what a coverage has of it alone. */
export const EXACTNESS: readonly (readonly [
  className: string,
  label: string,
  read: (coverage: Coverage) => number,
])[] = [
  ["city", "city", ({ city }) => city],
  ["region", "region only", ({ region, city }) => region - city],
  ["country", "country only", ({ countryOnly }) => countryOnly],
  ["nothing", "no country", ({ total, region, countryOnly }) => total - region - countryOnly],
];

/** A bar of the shares of a whole, one beside the other. Its height is that of its class. */
export function stackedBar(coverage: Coverage, label: string): Markup {
  let at = 0;
  const parts = EXACTNESS.map(([className, , read]) => {
    const width = share(read(coverage), coverage.total);
    const part = html`<rect class="${className}" x="${at.toFixed(3)}" width="${width.toFixed(3)}" height="1"/>`;
    at += width;
    return part;
  });
  return bar(parts, `${label}: ${sentence(coverage)}`);
}

function shareBar(part: number, total: number, label: string): Markup {
  const width = share(part, total).toFixed(3);
  return bar(html`<rect class="city" width="${width}" height="1"/>`, label);
}

/** A line of a list of shares: what it is, a bar, and the share. */
export function shareRow(label: string, part: number, total: number): Markup {
  const share = percent(part, total);
  return html`<div class="row"><span>${label}</span>${shareBar(part, total, `${label}: ${share}`)}<span class="number">${share}</span></div>`;
}

function bar(parts: Markup | readonly Markup[], label: string): Markup {
  return html`<svg class="bar-chart" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${label}"><rect class="nothing" width="100" height="1"/>${parts}</svg>`;
}

function share(part: number, total: number): number {
  return total === 0 ? 0 : Math.max(0, (100 * part) / total);
}

function sentence(coverage: Coverage): string {
  return EXACTNESS.map(
    ([, label, read]) => `${label} ${percent(read(coverage), coverage.total)}`,
  ).join(", ");
}
