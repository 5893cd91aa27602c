import { stat } from "node:fs/promises";
import type { Clock } from "@geomesh/runtime/clock";
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

/** What `verifyFile` is told. */
export interface VerifyOptions {
  readonly clock: Clock;
  /** The path of the build that is serving now, if the file is to replace one. */
  readonly serving?: string | undefined;
}

/** Checks a file as geo checks it before it serves it, and as the replacement of the build that is serving. */
export async function verifyFile(
  path: string,
  { clock, serving }: VerifyOptions,
): Promise<Verdict> {
  try {
    const wallMs = clock.wallMs();
    const facts = await factsOf(path, wallMs);
    const reason = serving && reasonAgainst(facts, await factsOf(serving, wallMs));
    if (reason) throw new RefusalError(reason);
    return { isAccepted: true, lines: [`${path}: accepted`, ...describe(facts)] };
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return { isAccepted: false, lines: [`${path}: refused: ${error.message}`] };
  }
}

async function factsOf(path: string, wallMs: number): Promise<DatasetFacts> {
  const inspection = await inspectFile(path, { wallMs });
  return layerOf(inspection, { name: path, modifiedAt: (await stat(path)).mtime }).facts;
}

function describe(facts: DatasetFacts): string[] {
  const { type, buildTime, networks, contradictions, unusableRecords } = facts;
  const doubtful = Object.entries(contradictions).map(([field, count]) => `${field} ${count}`);
  return [
    `  type      ${type}`,
    `  built     ${buildTime.toISOString()}`,
    `  networks  ${networks}`,
    `  doubtful  ${doubtful.join(", ")} (records whose field is answered as unknown)`,
    `  unusable  ${unusableRecords} (records with a value that cannot be right, which is answered as unknown)`,
  ];
}
