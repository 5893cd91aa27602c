import { join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import { replaceFile } from "@geomesh/runtime/files/replace-file";
import type { GeoConfig } from "../config.ts";
import { openBeside } from "../report/beside.ts";
import { type DataReport, makeReport } from "../report/data-report.ts";
import { reportPage } from "../report/page/page.ts";
import { namedLists } from "../security/named-lists.ts";
import { openOffline } from "./open-offline.ts";

/** What a report is told. */
export interface ReportOptions {
  /** The file of the page; default is `data-report.html` in GEO_DATA_DIR. With `isJson`, default is standard output. */
  readonly out: string | undefined;
  /** The path of a dataset to compare with. */
  readonly beside: string | undefined;
  /** JSON instead of a page. */
  readonly isJson: boolean;
}

/** What a report works with. */
export interface ReportCommandDeps {
  readonly config: GeoConfig;
  readonly clock: Clock;
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
}

/**
 * Writes a report on the data in service, and says where. Errors: as of `openOffline`, RefusalError for a dataset that cannot be
 * compared with, and those of node:fs.
 */
export async function report(
  { out, beside, isJson }: ReportOptions,
  { config, clock, write, complain }: ReportCommandDeps,
): Promise<void> {
  const other = beside === undefined ? undefined : await openBeside(beside, clock);
  const { sources, refused, warnings } = await openOffline(config, clock);
  for (const warning of warnings) complain(`${warning}\n`);
  const lists = await namedLists(config.securityDir);
  const made = makeReport({ sources, refused, lists, beside: other, wallMs: clock.wallMs() });
  if (isJson && out === undefined) return write(jsonOf(made));
  const file = out ?? join(config.dataDir, "data-report.html");
  await replaceFile(file, isJson ? jsonOf(made) : reportPage(made));
  write(`${file}\n`);
}

/** The keys are written as in the API; the map is left out. */
function jsonOf(made: DataReport): string {
  const { density: _, ...rest } = made;
  return `${JSON.stringify(withSnakeKeys(rest), undefined, 2)}\n`;
}

function withSnakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSnakeKeys);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).map(([key, inside]) => {
    const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [name, withSnakeKeys(inside)];
  });
  return Object.fromEntries(entries);
}
