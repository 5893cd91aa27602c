import { stat } from "node:fs/promises";
import { reasonAgainst } from "../datasets/compare-builds.ts";
import { layerOf } from "../datasets/layer-of.ts";
import { inspectFile } from "../inspect/inspect-file.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import type { DatasetFacts } from "../layers/layer.ts";

/** Whether geo would serve a file, in lines for people. */
export interface Verdict {
  readonly isAccepted: boolean;
  readonly lines: readonly string[];
}

/**
 * Does with a file what geo does before it serves it; with `inForce`, also what geo does before it takes the place of
 * that one.
 */
export async function verifyFile(path: string, inForce?: string): Promise<Verdict> {
  try {
    const facts = await factsOf(path);
    const reason = inForce === undefined ? undefined : reasonAgainst(facts, await factsOf(inForce));
    if (reason !== undefined) throw new RefusalError(reason);
    return { isAccepted: true, lines: [`${path}: accepted`, ...describe(facts)] };
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return { isAccepted: false, lines: [`${path}: refused: ${error.message}`] };
  }
}

async function factsOf(path: string): Promise<DatasetFacts> {
  const inspection = await inspectFile(path, new Map());
  return layerOf(inspection, path, (await stat(path)).mtime).facts;
}

function describe({ type, buildTime, networks, contradictions }: DatasetFacts): string[] {
  const doubtful = Object.entries(contradictions).map(([field, count]) => `${field} ${count}`);
  return [
    `  type      ${type}`,
    `  built     ${buildTime.toISOString()}`,
    `  networks  ${networks}`,
    `  doubtful  ${doubtful.join(", ")} (records; the field is answered as unknown)`,
  ];
}
