import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLog } from "@geomesh/runtime/log";
import { readConfig } from "../config.ts";
import { type GeoOptions, type GeoService, start } from "../service.ts";
import { writeMmdb } from "./mmdb-writer.ts";
import { RECORDS } from "./records.ts";

/** Where no NATS listens. */
const UNUSED_URL = "nats://127.0.0.1:1";

/** Starts geo on free ports, with a data directory and what else a test sets. */
export async function startTestGeo(
  dataDir: string,
  settings: Record<string, string>,
  options: GeoOptions = {},
): Promise<GeoService> {
  const defaults = {
    GEO_PORT: "0",
    GEO_OPS_PORT: "0",
    GEO_DATA_DIR: dataDir,
    NATS_URL: UNUSED_URL,
  };
  const log = createLog({ service: "geo", level: "fatal" });
  return start(readConfig({ ...defaults, ...settings }), log, options);
}

/** A new directory inside another, with one small dataset. */
export async function smallDatasetsIn(directory: string): Promise<string> {
  const datasets = await mkdtemp(join(directory, "small-"));
  await writeFile(join(datasets, "city.mmdb"), writeMmdb({ "1.0.0.0/8": RECORDS.city }));
  return datasets;
}
