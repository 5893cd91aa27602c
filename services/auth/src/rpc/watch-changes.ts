import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import type { Handlers } from "@geomesh/runtime/grpc/server";
import type { Directory } from "../directory/directory.ts";
import { watch } from "../directory/watch.ts";
import type { AuthMetrics } from "../metrics.ts";

/** DirectoryService of the contract, whose messages are put together from records that are encoded already. */
export const ENCODED_DIRECTORY_SERVICE = {
  watchChanges: {
    ...DirectoryServiceService.watchChanges,
    responseSerialize: (encoded: Buffer): Buffer => encoded,
  },
};

/** What the RPC needs. */
export interface WatchChangesDeps {
  readonly directory: Directory;
  readonly metrics: AuthMetrics;
}

type DirectoryHandlers = Handlers<typeof ENCODED_DIRECTORY_SERVICE>;

/** Sends every record that changed after a revision, then every later change, until the caller or auth ends the call. */
export function watchChanges(deps: WatchChangesDeps): DirectoryHandlers["watchChanges"] {
  const { directory, metrics } = deps;
  return async function* (request, { signal }) {
    metrics.addWatchers(1);
    try {
      yield* watch(directory, request, signal);
    } finally {
      metrics.addWatchers(-1);
    }
  };
}
