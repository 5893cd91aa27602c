import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MmdbLayer } from "../layers/mmdb-layer.ts";
import { NestedPlaceReader } from "../layers/nested-place.ts";
import { openMmdb } from "../mmdb/mmdb-file.ts";
import { creditsOf } from "./credits.ts";

/** Loads every MMDB file of a directory. */
export async function loadDatasets(directory: string): Promise<MmdbLayer[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".mmdb")).sort();
  return Promise.all(names.map((name) => loadDataset(directory, name)));
}

async function loadDataset(directory: string, name: string): Promise<MmdbLayer> {
  const file = openMmdb(await readFile(join(directory, name)));
  const { databaseType, buildTime } = file.metadata;
  const facts = { name, type: databaseType, buildTime, ...creditsOf(databaseType) };
  return new MmdbLayer(file, facts, { place: new NestedPlaceReader(file.data).read });
}
