import { databaseUrl } from "@geomesh/servers/postgres";
import type { LauncherConfig } from "./config.ts";
import type { Passwords } from "./data-dir/passwords.ts";

/** The URLs of NATS and the databases, embedded or elsewhere. */
export interface Stores {
  readonly natsUrl: string;
  readonly authDatabaseUrl: string;
  readonly meteringDatabaseUrl: string;
}

/** The stores of a mesh. */
export function storesOf({ ports, ...given }: LauncherConfig, passwords: Passwords): Stores {
  const embedded = (role: "auth" | "metering") =>
    databaseUrl(role, passwords[role], ports.postgres, role);
  return {
    natsUrl: given.natsUrl ?? `tls://127.0.0.1:${ports.nats}`,
    authDatabaseUrl: given.authDatabaseUrl ?? embedded("auth"),
    meteringDatabaseUrl: given.meteringDatabaseUrl ?? embedded("metering"),
  };
}

/** Whether the launcher has to run PostgreSQL. */
export function needsPostgres({ authDatabaseUrl, meteringDatabaseUrl }: LauncherConfig): boolean {
  return authDatabaseUrl === undefined || meteringDatabaseUrl === undefined;
}
