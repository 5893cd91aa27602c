import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { type PagedList, readPage } from "@geomesh/runtime/page";
import { TZDATA_VERSION } from "../derived/zone-histories.ts";
import type { GeoDeps, GeoHandlers } from "./contract.ts";

/**
 * Lists the dataset files by name: those that serve, and refused ones with the reason, and tells the tzdata in use. Errors:
 * PAGE_TOKEN_INVALID.
 */
export function listDatasets({ live }: GeoDeps): GeoHandlers["listDatasets"] {
  const list: PagedList<Dataset> = {
    name: "datasets",
    idOf,
    isId: (text) => text !== "",
    read: (afterId, limit) => Promise.resolve(datasetsAfter(live.list(), afterId, limit)),
  };
  return async (request) => {
    const { items, nextPageToken } = await readPage(request, list);
    return { datasets: items, nextPageToken, tzdataVersion: TZDATA_VERSION };
  };
}

/** A name may stand twice: for the build that serves, then for a newer file that is refused. */
function idOf({ name, isServing }: Dataset): string {
  return `${name} ${isServing ? 0 : 1}`;
}

function datasetsAfter(all: readonly Dataset[], afterId: string, limit: number): Dataset[] {
  const sorted = all.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  return sorted.filter((dataset) => idOf(dataset) > afterId).slice(0, limit);
}
