import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@geomesh/testing/free-port";
import { PORT_NAMES, PORT_SETTINGS } from "../config.ts";

/** Settings for a mesh of its own: free ports, an empty data directory, and no registry that is asked for newer data. */
export async function meshEnvironment(): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    DATA_DIR: mkdtempSync(join(tmpdir(), "geomesh-mesh-")),
    GEO_UPDATE_DEFAULTS: "off",
  };
  for (const name of PORT_NAMES) {
    environment[PORT_SETTINGS[name].setting] = `${await freePort()}`;
  }
  return environment;
}
