import { setting } from "../config.ts";
import type { NatsAccess } from "./connect-options.ts";

/** The settings of every process that connects to NATS. docs/operations.md explains each. */
export const NATS_SETTINGS = {
  natsUrl: setting.url("NATS_URL", "nats://127.0.0.1:4222", { protocols: ["nats:", "tls:"] }),
  natsSeedFile: setting.text("NATS_NKEY_SEED_FILE", ""),
  natsCaFile: setting.text("NATS_CA_FILE", ""),
};

/** The values of these settings. */
export interface NatsConfig {
  readonly natsUrl: string;
  readonly natsSeedFile: string;
  readonly natsCaFile: string;
}

/** Where NATS is, by what it is known, and as whom to connect. */
export function natsAccessOf({ natsUrl, natsSeedFile, natsCaFile }: NatsConfig): NatsAccess {
  return { url: natsUrl, seedFile: natsSeedFile, caFile: natsCaFile };
}
