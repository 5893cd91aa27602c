import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../../../", import.meta.url);
const guide = readFileSync(new URL("docs/operations.md", root), "utf8");

/** The names in the first column of the table under a heading. */
function explained(heading: string): string[] {
  const section = guide.split(`### ${heading}\n`)[1]?.split(/\n##/)[0] ?? "";
  return [...section.matchAll(/^\| ([^|]+)\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
}

/** The names that a configuration reads: its only texts in capitals. */
function known(path: string): string[] {
  const source = readFileSync(new URL(path, root), "utf8");
  return [...new Set(Array.from(source.matchAll(/"([A-Z][A-Z_]+)"/g), ([, name = ""]) => name))];
}

test.each([
  ["Launcher (`npm start`)", "packages/launcher/src/config.ts"],
  ["`gateway`", "gateway/src/config.ts"],
  ["`services/geo`", "services/geo/src/config.ts"],
  ["`services/auth`", "services/auth/src/config.ts"],
  ["`services/metering`", "services/metering/src/config.ts"],
])("the operations guide explains every setting of %s and no other", (heading, path) => {
  expect(known(path).length).toBeGreaterThan(6);
  expect(explained(heading).toSorted()).toEqual(known(path).toSorted());
});
