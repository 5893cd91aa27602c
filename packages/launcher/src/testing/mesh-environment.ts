import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@geomesh/runtime/testing/free-port";
import { portNames, portSettings } from "../config.ts";

/** Settings for a mesh of its own: free ports and an empty data directory. */
export async function meshEnvironment(): Promise<Record<string, string>> {
  const ports = new Set<number>();
  while (ports.size < portNames.length) ports.add(await freePort());
  const settings = [...ports].map((port, i) => {
    const name = portNames[i] as (typeof portNames)[number];
    return [portSettings[name].setting, `${port}`];
  });
  return {
    ...Object.fromEntries(settings),
    DATA_DIR: mkdtempSync(join(tmpdir(), "geomesh-mesh-")),
  };
}
