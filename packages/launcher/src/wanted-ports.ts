import { type LauncherConfig, PORT_NAMES, PORT_SETTINGS, type PortName } from "./config.ts";
import type { WantedPort } from "./ports.ts";
import { needsPostgres } from "./stores.ts";

/** The ports of this mesh: those of its processes and of the stores that it runs itself. */
export function wantedPorts(config: LauncherConfig): WantedPort[] {
  const isWanted = (name: PortName) => {
    if (name === "nats") return config.natsUrl === undefined;
    return name !== "postgres" || needsPostgres(config);
  };
  return PORT_NAMES.filter(isWanted).map((name) => ({
    setting: PORT_SETTINGS[name].setting,
    host: name === "gateway" ? config.gatewayHost : "127.0.0.1",
    port: config.ports[name],
  }));
}
