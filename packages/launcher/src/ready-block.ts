import type { Mesh } from "./running-mesh.ts";

const EXAMPLE_ADDRESS = "81.2.69.142";

/** What `npm start` prints once the mesh is ready: its URL, its keys, and a command to paste. */
export function readyBlock(mesh: Mesh, dataDir: string): string {
  return [
    "",
    "Geomesh is ready.",
    "",
    `  Base URL           ${mesh.baseUrl}`,
    `  Demo key           ${mesh.demoKey}`,
    `  Administrator key  ${mesh.adminKey}`,
    `  Logs               ${dataDir}/log`,
    "",
    `  curl -H "X-API-Key: ${mesh.demoKey}" ${mesh.baseUrl}/v1/locations/${EXAMPLE_ADDRESS}`,
    "",
    "Ctrl-C stops it.",
    "",
  ].join("\n");
}
