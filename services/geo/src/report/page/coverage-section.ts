import type { CountryReport, DataReport } from "../data-report.ts";
import type { Family } from "../family.ts";
import type { Coverage } from "../tally.ts";
import { EXACTNESS, shareRow, stackedBar } from "./bars.ts";
import { html, type Markup } from "./markup.ts";
import { percent, short } from "./numbers.ts";

const COUNTRIES_MAX = 30;
const UNITS: Readonly<Record<Family, string>> = { ipv4: "addresses", ipv6: "/48 networks" };
const NAMES: Readonly<Record<Family, string>> = { ipv4: "IPv4", ipv6: "IPv6" };

/** How exactly places are known, by family. */
export function coverageSection({ all, announced }: DataReport): Markup {
  const families = (["ipv4", "ipv6"] as const).map((family) =>
    familyPart(family, all[family], announced?.[family]),
  );
  return html`<section id="coverage"><h2>How exactly places are known</h2>
<p class="quiet">IPv4 is weighted by addresses, IPv6 by networks with a prefix of 48 bits. Special-purpose addresses do not count, and of IPv6 only 2000::/3 does.</p>
${legend()}${families}</section>`;
}

function familyPart(family: Family, all: Coverage, announced: Coverage | undefined): Markup {
  const best = announced ?? all;
  // Nobody has the most of IPv6.
  const isTelling = family === "ipv4" || announced === undefined;
  const rows: readonly [string, number][] = [
    ["has coordinates", best.coordinates],
    ["has a time zone", best.zone],
    ["only a country of registration", best.registeredOnly],
  ];
  return html`<h3>${NAMES[family]}</h3>${announced && stacked("announced", family, announced)}${isTelling ? stacked("all", family, all) : undefined}
${rows.map(([label, part]) => shareRow(label, part, best.total))}`;
}

function stacked(name: string, family: Family, coverage: Coverage): Markup {
  const { total } = coverage;
  const shares = EXACTNESS.map(([, label, read]) => `${label} ${percent(read(coverage), total)}`);
  return html`<figure>${stackedBar(coverage, `${name} ${NAMES[family]}`)}<figcaption>${name}: ${short(total)} ${UNITS[family]}; ${shares.join(", ")}</figcaption></figure>`;
}

function legend(): Markup {
  const items = EXACTNESS.map(
    ([className, label]) =>
      html`<li><svg class="swatch" viewBox="0 0 1 1" aria-hidden="true"><rect class="${className}" width="1" height="1"/></svg>${label}</li>`,
  );
  return html`<ul class="legend">${items}</ul>`;
}

/** The countries with the most addresses. */
export function countriesSection({ countries }: DataReport): Markup {
  const rows = countries.slice(0, COUNTRIES_MAX).map(countryRow);
  return html`<section id="countries"><h2>By country</h2>
<p class="quiet">All addresses of IPv4 of the ${rows.length} countries with most of them; ${countries.length} have some.</p>${legend()}
<div class="scroll" tabindex="0"><table><thead><tr><th>Country</th><th class="number">Addresses</th><th>Exactness</th><th class="number">City</th><th class="number">Zone</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function countryRow({ country, coverage: { ipv4 } }: CountryReport): Markup {
  if (ipv4 === undefined) return html``;
  return html`<tr><td>${country}</td><td class="number">${short(ipv4.total)}</td><td class="bar-cell">${stackedBar(ipv4, country)}</td><td class="number">${percent(ipv4.city, ipv4.total)}</td><td class="number">${percent(ipv4.zone, ipv4.total)}</td></tr>`;
}
