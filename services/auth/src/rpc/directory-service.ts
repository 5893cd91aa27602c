import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import type { Clock } from "@geomesh/runtime/clock";
import { type Handlers, type Implemented, implement } from "@geomesh/runtime/grpc/server";
import type { Directory } from "../directory/directory.ts";
import type { Followers } from "../directory/followers.ts";
import type { AuthMetrics } from "../metrics.ts";
import { recordKeyUses } from "../store/key-uses.ts";
import type { AuthDatabase } from "../store/schema.ts";
import { watchChanges } from "./watch-changes.ts";

/** DirectoryService of the contract, whose messages are put together from records that are encoded already. */
const ENCODED_DIRECTORY_SERVICE = {
  ...DirectoryServiceService,
  watchChanges: {
    ...DirectoryServiceService.watchChanges,
    responseSerialize: (encoded: Buffer): Buffer => encoded,
  },
};

/** What DirectoryService needs. */
export interface DirectoryServiceDeps {
  readonly db: AuthDatabase;
  readonly directory: Directory;
  readonly followers: Followers;
  readonly metrics: AuthMetrics;
  readonly clock: Clock;
}

/** The handlers of DirectoryService. */
export type DirectoryHandlers = Handlers<typeof ENCODED_DIRECTORY_SERVICE>;

/** Binds DirectoryService. Watches go on until the caller or auth ends them. */
export function implementDirectory(deps: DirectoryServiceDeps): Implemented {
  const handlers: DirectoryHandlers = {
    watchChanges: watchChanges(deps),
    acknowledgeChanges: acknowledgeChanges(deps),
    reportKeyUse: reportKeyUse(deps),
  };
  return implement(ENCODED_DIRECTORY_SERVICE, handlers, { unbounded: ["watchChanges"] });
}

/** Keeps how far a gateway holds the changes. */
function acknowledgeChanges({
  followers,
}: DirectoryServiceDeps): DirectoryHandlers["acknowledgeChanges"] {
  return async ({ isLeaving, ...acknowledgement }) => {
    if (isLeaving) await followers.forget(acknowledgement.followerId);
    else await followers.acknowledge(acknowledgement);
    return {};
  };
}

/** Keeps when keys were last used. */
function reportKeyUse({ db, clock }: DirectoryServiceDeps): DirectoryHandlers["reportKeyUse"] {
  return async ({ uses }) => {
    const known = uses.flatMap(({ keyId, useTime }) => (useTime ? [{ keyId, useTime }] : []));
    await recordKeyUses(db, known, new Date(clock.wallMs()));
    return {};
  };
}
