import { readFileSync } from "node:fs";
import type { DataReport } from "../data-report.ts";
import { besideSection } from "./beside-section.ts";
import { countriesSection, coverageSection } from "./coverage-section.ts";
import { datasetsSection, flagsSection } from "./dataset-sections.ts";
import { densityMap, SHADE_NUMBERS, shadeBounds } from "./map.ts";
import { html, Markup } from "./markup.ts";
import { day, percent, short, whole } from "./numbers.ts";

const STYLES = new URL("report.css", import.meta.url);
/** Nothing is loaded, and nothing runs: the page is the same wherever it is opened. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The report as one page of HTML that needs no other file. Errors: those of reading the style sheet. */
export function reportPage(report: DataReport): string {
  const title = `Geomesh data report, ${day(report.generatedTime)}`;
  const styles = new Markup(readFileSync(STYLES, "utf8"));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${styles}</style>
</head>
<body>
<header class="bar"><div class="bar-inner"><span class="brand">Geomesh</span><span class="quiet">${report.generatedTime.toISOString()}</span></div></header>
<main>
<h1>Data report</h1>
<p class="quiet">What is known of ${whole(report.networks.ipv4 + report.networks.ipv6)} networks, which are all that have an answer of their own, by the datasets, lists and overrides in service; time zones of tzdata ${report.tzdataVersion}.</p>
${figures(report)}
${mapSection(report)}
${coverageSection(report)}
${countriesSection(report)}
${datasetsSection(report)}
${flagsSection(report)}
${besideSection(report.beside)}
</main>
<footer>${credits(report)}</footer>
</body>
</html>
`;
  return page.text;
}

function figures({ all, announced, datasets }: DataReport): Markup {
  const ipv4 = announced?.ipv4 ?? all.ipv4;
  const of = announced === undefined ? "of IPv4" : "of announced IPv4";
  const oldest = Math.max(...datasets.map(({ ageDays }) => ageDays));
  const isStale = datasets.some((dataset) => dataset.isStale);
  const shown: readonly (readonly [value: string, label: string, className?: string])[] = [
    [percent(ipv4.country, ipv4.total), `${of} has a country`],
    [percent(ipv4.city, ipv4.total), `${of} has a city`],
    [percent(ipv4.countryOnly, ipv4.total), `${of} has a country alone`],
    [percent(ipv4.zone, ipv4.total), `${of} has a time zone`],
    [`${whole(oldest)} days`, "is the age of the oldest dataset", isStale ? "bad" : ""],
  ];
  return html`<div class="figures">${shown.map(
    ([value, label, className = ""]) =>
      html`<div class="figure"><strong class="${className}">${value}</strong><span class="label">${label}</span></div>`,
  )}</div>`;
}

function mapSection({ density }: DataReport): Markup {
  const items = SHADE_NUMBERS.map((shade) => {
    const [from, below] = shadeBounds(shade);
    const label =
      below === Number.POSITIVE_INFINITY ? `${short(from)} and more` : `below ${short(below)}`;
    return html`<li><svg class="swatch" viewBox="0 0 1 1" aria-hidden="true"><rect class="shade-${shade + 1}" width="1" height="1"/></svg>${label}</li>`;
  });
  return html`<section id="map"><h2>Where addresses are</h2>
<p class="quiet">Addresses of IPv4 by degree, where more than the country is known.</p>
<figure>${densityMap(density)}</figure><ul class="legend">${items}</ul></section>`;
}

function credits({ datasets }: DataReport): Markup {
  const texts = new Set(datasets.map(({ attribution, license }) => `${attribution} ${license}`));
  return html`${[...texts].map((text) => html`<p>${text}</p>`)}`;
}
