import { randomInt } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PORT_NAMES, PORT_SETTINGS } from "../config.ts";
import { checkPorts } from "../ports.ts";

/** Below the ports that Linux gives to outgoing connections, of which tests open many while a mesh starts. */
const [portMin, portMax] = [10_000, 32_000];

/** Settings for a mesh of its own: free ports and an empty data directory. */
export async function meshEnvironment(): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    DATA_DIR: mkdtempSync(join(tmpdir(), "geomesh-mesh-")),
  };
  const ports = new Set<number>();
  for (const name of PORT_NAMES) {
    const { setting } = PORT_SETTINGS[name];
    let port = randomInt(portMin, portMax);
    while (ports.has(port) || !(await isFree(port))) port = randomInt(portMin, portMax);
    ports.add(port);
    environment[setting] = `${port}`;
  }
  return environment;
}

async function isFree(port: number): Promise<boolean> {
  const wanted = { setting: "", host: "127.0.0.1", port };
  return checkPorts([wanted]).then(
    () => true,
    () => false,
  );
}
