import { databaseUrl } from "@geomesh/servers/postgres";
import type { LauncherConfig } from "./config.ts";
import type { Passwords } from "./data-dir/passwords.ts";

/** The role that owns auth's tables in the embedded PostgreSQL. */
export const AUTH_OWNER = "auth_owner";

/** The URLs of NATS and the databases, embedded or elsewhere. */
export interface Stores {
  readonly natsUrl: string;
  readonly authDatabaseUrl: string;
  /** By the role that owns auth's tables; empty where the one that auth works by does. */
  readonly authOwnerDatabaseUrl: string;
  readonly meteringDatabaseUrl: string;
}

/** The stores of a mesh. */
export function storesOf({ ports, ...given }: LauncherConfig, passwords: Passwords): Stores {
  const embedded = (role: "auth" | "metering") =>
    databaseUrl(role, passwords[role], ports.postgres, role);
  return {
    natsUrl: given.natsUrl ?? `tls://127.0.0.1:${ports.nats}`,
    authDatabaseUrl: given.authDatabaseUrl ?? embedded("auth"),
    authOwnerDatabaseUrl:
      given.authDatabaseUrl === undefined
        ? databaseUrl(AUTH_OWNER, passwords.authOwner, ports.postgres, "auth")
        : (given.authOwnerDatabaseUrl ?? ""),
    meteringDatabaseUrl: given.meteringDatabaseUrl ?? embedded("metering"),
  };
}

/** Whether the launcher has to run PostgreSQL. */
export function needsPostgres({ authDatabaseUrl, meteringDatabaseUrl }: LauncherConfig): boolean {
  return authDatabaseUrl === undefined || meteringDatabaseUrl === undefined;
}
