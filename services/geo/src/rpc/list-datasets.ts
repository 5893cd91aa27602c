import type { ListDatasetsResponse } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { GeoDeps } from "./contract.ts";

/** Lists the datasets that are serving, then those that were refused. */
export function listDatasets({ live }: GeoDeps) {
  return (): ListDatasetsResponse => ({ datasets: live.list() });
}
