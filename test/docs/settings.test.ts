import type { Settings } from "@geomesh/runtime/config";
import { expect, test } from "vitest";
import { readGuide } from "../support/guide.ts";
import { tableRows } from "../support/markdown.ts";

const ROOT = new URL("../../", import.meta.url);
const GUIDE = readGuide("docs/operations.md");

interface Row {
  readonly name: string;
  readonly fallback: string;
  readonly bounds: string;
}

/** The rows of the table under a heading, without what each setting means. */
function documented(heading: string): Row[] {
  return tableRows(GUIDE, heading).map(([name = "", fallback = "", bounds = "", meaning]) => {
    expect(meaning, `${name} has no meaning`).toMatch(/./);
    return { name: name.replaceAll("`", ""), fallback, bounds };
  });
}

/** The settings that a process reads; by a path, as no process may be imported. */
async function read(config: string): Promise<Row[]> {
  const { SETTINGS }: { SETTINGS: Settings } = await import(new URL(config, ROOT).href);
  return Object.values(SETTINGS).map(({ name, described }) => ({ name, ...described }));
}

test.each([
  { heading: "Launcher (`npm start`)", config: "packages/launcher/src/config.ts" },
  { heading: "`gateway`", config: "gateway/src/config.ts" },
  { heading: "`services/geo`", config: "services/geo/src/config.ts" },
  { heading: "`services/auth`", config: "services/auth/src/config.ts" },
  { heading: "`services/metering`", config: "services/metering/src/config.ts" },
])(
  "the operations guide has every setting of $heading with its default and bounds",
  async ({ heading, config }) => {
    const settings = await read(config);
    expect(settings.length).toBeGreaterThan(6);
    expect(documented(heading)).toEqual(settings);
  },
);
