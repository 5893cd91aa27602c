import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { type Handlers, type Implemented, implement } from "@geomesh/runtime/grpc/server";
import type { Directory } from "../directory/directory.ts";
import { watch } from "../directory/watch.ts";
import type { AuthMetrics } from "../metrics.ts";

/** DirectoryService of the contract, whose messages are put together from records that are encoded already. */
const ENCODED_DIRECTORY_SERVICE = {
  watchChanges: {
    ...DirectoryServiceService.watchChanges,
    responseSerialize: (encoded: Buffer): Buffer => encoded,
  },
};

/** What DirectoryService needs. */
export interface DirectoryServiceDeps {
  readonly directory: Directory;
  readonly metrics: AuthMetrics;
}

type DirectoryHandlers = Handlers<typeof ENCODED_DIRECTORY_SERVICE>;

/** Binds DirectoryService. Its calls go on until the caller or auth ends them. */
export function implementDirectory(deps: DirectoryServiceDeps): Implemented {
  const handlers = { watchChanges: watchChanges(deps) };
  return implement(ENCODED_DIRECTORY_SERVICE, handlers, { unbounded: ["watchChanges"] });
}

/** Sends every record that changed after a revision, then every later change. */
function watchChanges(deps: DirectoryServiceDeps): DirectoryHandlers["watchChanges"] {
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
