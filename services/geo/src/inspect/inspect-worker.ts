import { parentPort, workerData } from "node:worker_threads";
import { type InspectionOptions, inspectFile } from "./inspect-file.ts";
import type { Inspection } from "./inspection.ts";
import { RefusalError } from "./refusal-error.ts";

/** What the thread is told. */
export interface InspectionOrder {
  readonly path: string;
  readonly options: InspectionOptions;
}

/** What the thread answers. */
export type InspectionAnswer = { readonly inspection: Inspection } | { readonly refused: string };

const { path, options } = workerData as InspectionOrder;
try {
  const inspection = await inspectFile(path, options);
  parentPort?.postMessage({ inspection } satisfies InspectionAnswer, buffersOf(inspection));
} catch (error) {
  if (!(error instanceof RefusalError)) throw error;
  parentPort?.postMessage({ refused: error.message } satisfies InspectionAnswer);
}

function buffersOf({ content }: Inspection): ArrayBuffer[] {
  if (content.kind === "mmdb") return [content.bytes.buffer];
  const { ipv4, ipv6 } = content;
  return [ipv4.starts, ipv4.values, ipv6.starts, ipv6.values].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );
}
