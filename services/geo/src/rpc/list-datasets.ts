import type { ListDatasetsResponse } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { Geo } from "./geo.ts";

export function listDatasets(geo: Geo) {
  return (): ListDatasetsResponse => ({ datasets: geo.live.list() });
}
