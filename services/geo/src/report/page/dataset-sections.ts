import type { Contradictions } from "../../layers/consistent-place.ts";
import type { FlagName } from "../../security/flags.ts";
import type { DataReport, DatasetReport } from "../data-report.ts";
import { html, type Markup } from "./markup.ts";
import { day, percent, short, whole } from "./numbers.ts";

/** The datasets in service, and the files that are not. */
export function datasetsSection({ datasets, refused }: DataReport): Markup {
  const files = refused.map(({ name, reason }) => html`<li><b>${name}</b>: ${reason}</li>`);
  return html`<section id="datasets"><h2>Datasets in service</h2>
<p class="quiet">In order of precedence. A value that contradicts its record, or cannot be right for its field, is answered as unknown.</p>
<div class="scroll" tabindex="0"><table><thead><tr><th>File</th><th>Type</th><th>Built</th><th class="number">Age</th><th class="number">Networks</th><th>Contradictions</th><th class="number">Unusable</th></tr></thead><tbody>${datasets.map(datasetRow)}</tbody></table></div>
${files.length > 0 ? html`<h3>Not in service</h3><ul>${files}</ul>` : undefined}</section>`;
}

function datasetRow(dataset: DatasetReport): Markup {
  const { name, type, buildTime, networks, contradictions, unusableRecords } = dataset;
  const age = html`<td class="number${dataset.isStale ? " bad" : ""}">${whole(dataset.ageDays)} days</td>`;
  return html`<tr><td>${name}</td><td>${type}</td><td>${day(buildTime)}</td>${age}<td class="number">${whole(networks)}</td><td>${doubts(contradictions)}</td><td class="number">${whole(unusableRecords)}</td></tr>`;
}

function doubts(contradictions: Contradictions): string {
  const some = Object.entries(contradictions).filter(([, count]) => count > 0);
  return some.map(([field, count]) => `${field} ${whole(count)}`).join(", ") || "none";
}

/** What has a flag, and which list says so. */
export function flagsSection({ flags, lists, all }: DataReport): Markup {
  const rows = (Object.keys(flags.ipv4) as FlagName[]).map(
    (flag) =>
      html`<tr><td>${flag}</td><td class="number">${units(flags.ipv4[flag])}</td><td class="number">${percent(flags.ipv4[flag], all.ipv4.total)}</td><td class="number">${units(flags.ipv6[flag])}</td></tr>`,
  );
  const listRows = lists.map(
    (list) =>
      html`<tr><td>${list.flag}</td><td>${list.isBuiltIn ? "built-in table" : list.name}</td><td class="number">${units(list.systems)}</td><td class="number">${units(list.blocks)}</td><td class="number">${units(list.units.ipv4)}</td><td class="number">${units(list.units.ipv6)}</td></tr>`,
  );
  return html`<section id="flags"><h2>Flags</h2>
<p class="quiet">What is answered as true, whatever list or dataset says so. A flag without a list or dataset is unknown and not false.</p>
<div class="scroll" tabindex="0"><table><thead><tr><th>Flag</th><th class="number">IPv4 addresses</th><th class="number">Share</th><th class="number">IPv6 /48s</th></tr></thead><tbody>${rows}</tbody></table></div>
<h3>By list</h3><p class="quiet">The addresses of its blocks and those that its autonomous systems announce; what is in both counts twice.</p>
<div class="scroll" tabindex="0"><table><thead><tr><th>Flag</th><th>List</th><th class="number">Systems</th><th class="number">Blocks</th><th class="number">IPv4 addresses</th><th class="number">IPv6 /48s</th></tr></thead><tbody>${listRows}</tbody></table></div></section>`;
}

function units(count: number): string {
  if (count === 0) return "–";
  return count > 0 && count < 1 ? "below 1" : short(count);
}
