import type { WatchChangesRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import type { ServerStreamHandler } from "@geomesh/runtime/grpc/implement";
import type { Directory } from "../directory/directory.ts";
import { watch } from "../directory/watch.ts";
import type { AuthMetrics } from "../metrics.ts";

/** What watching needs. */
export interface WatchChangesDeps {
  readonly directory: Directory;
  readonly metrics: AuthMetrics;
}

/** Sends every record that changed after a revision, then every later change, in encoded messages. */
export function watchChanges({
  directory,
  metrics,
}: WatchChangesDeps): ServerStreamHandler<WatchChangesRequest, Buffer> {
  return async function* (request, { signal }) {
    metrics.addWatchers(1);
    try {
      yield* watch(directory, request, signal);
    } finally {
      metrics.addWatchers(-1);
    }
  };
}
