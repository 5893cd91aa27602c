import type { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Clock } from "@geomesh/runtime/clock";
import type { Handlers } from "@geomesh/runtime/grpc/server";
import type { Followers } from "../directory/followers.ts";
import type { AuthDatabase } from "../store/schema.ts";
import type { Write } from "../store/write.ts";

/** What the RPCs of AuthService need. */
export interface AuthDeps {
  readonly db: AuthDatabase;
  readonly write: Write;
  readonly clock: Clock;
  readonly followers: Followers;
}

/** One handler for each RPC of the contract. */
export type AuthHandlers = Handlers<typeof AuthServiceService>;
