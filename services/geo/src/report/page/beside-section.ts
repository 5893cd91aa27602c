import type { Agreement, Beside } from "../beside.ts";
import { shareRow } from "./bars.ts";
import { html, type Markup } from "./markup.ts";
import { day, whole } from "./numbers.ts";

/** Upper bounds of distances that are told apart, in kilometres. */
const DISTANCES_KM = [1, 10, 25, 50, 100, 250, 1_000, Number.POSITIVE_INFINITY];

/** What another dataset says of a sample of addresses. */
export function besideSection(beside: Beside | undefined): Markup | undefined {
  if (beside === undefined) return undefined;
  const { name, type, buildTime, addresses, country, region, distancesKm } = beside;
  return html`<section id="beside"><h2>Beside ${name}</h2>
<p class="quiet">${whole(addresses)} announced addresses at random, always the same ones, four of five of IPv4; ${type}, built ${day(buildTime)}. Which of two is right, their agreement does not say.</p>
${shareRow("same country", country.same, country.both)}${shareRow("same region, in one country", region.same, region.both)}
<p class="quiet">${only("country", country)} ${only("region", region)}</p>
<h3>Distance between coordinates</h3>
<p class="quiet">Of ${whole(distancesKm.length)} addresses where both know more than the country: ${quantile(distancesKm, 0.5)} in the middle, nine of ten within ${quantile(distancesKm, 0.9)}.</p>
${DISTANCES_KM.map((bound, i) => distanceRow(distancesKm, DISTANCES_KM[i - 1] ?? 0, bound))}</section>`;
}

function only(what: string, { both, onlyOurs, onlyTheirs }: Agreement): string {
  return `A ${what} is known to both of ${whole(both)} addresses, to the datasets in service alone of ${whole(onlyOurs)}, to the other one alone of ${whole(onlyTheirs)}.`;
}

function distanceRow(distancesKm: readonly number[], from: number, below: number): Markup {
  const count = distancesKm.filter((km) => km >= from && km < below).length;
  const isLast = below === Number.POSITIVE_INFINITY;
  const label = isLast ? `${whole(from)} km and more` : `${whole(from)} to ${whole(below)} km`;
  return shareRow(label, count, distancesKm.length);
}

function quantile(ascending: readonly number[], share: number): string {
  const km = ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))];
  return km === undefined ? "–" : `${whole(km)} km`;
}
