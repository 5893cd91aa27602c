import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@geomesh/testing/free-port";
import { PORT_NAMES, PORT_SETTINGS } from "../config.ts";

/** Settings for a mesh of its own: free ports and an empty data directory. */
export async function meshEnvironment(): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    DATA_DIR: mkdtempSync(join(tmpdir(), "geomesh-mesh-")),
  };
  for (const name of PORT_NAMES) {
    environment[PORT_SETTINGS[name].setting] = `${await freePort()}`;
  }
  return environment;
}
