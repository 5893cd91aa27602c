import type { ReadyData } from "./ready-data.ts";
import type { Mesh } from "./running-mesh.ts";

const EXAMPLE_ADDRESS = "81.2.69.142";
/** The tools for development are not needed to start: npx fetches buf when it is first used, in the version of package.json. */
const BUF = "npx --yes @bufbuild/buf@1.75.0";

/** What the ready block says beside what the mesh itself tells. */
export interface ReadyBlockOptions {
  readonly dataDir: string;
  readonly data: ReadyData;
}

/** What `npm start` prints once the mesh is ready: its URL, its keys, its data, and commands to paste. */
export function readyBlock(
  { baseUrl, demoKey, adminKey }: Mesh,
  { dataDir, data }: ReadyBlockOptions,
): string {
  return [
    "",
    "Geomesh is ready.",
    "",
    `  Base URL           ${baseUrl}`,
    `  Demo key           ${demoKey}`,
    `  Administrator key  ${adminKey}`,
    ...dataLines(data),
    `  Logs               ${dataDir}/log`,
    "  Guides             docs/api.md, docs/operations.md",
    "",
    "By REST:",
    "",
    `  curl -H "X-API-Key: ${demoKey}" ${baseUrl}/v1/locations/${EXAMPLE_ADDRESS}`,
    "",
    "By gRPC:",
    "",
    `  ${BUF} curl --protocol grpc --http2-prior-knowledge -H "X-API-Key: ${demoKey}" \\`,
    `    -d '{"ip_address":"${EXAMPLE_ADDRESS}"}' ${baseUrl}/geomesh.geo.v1.GeoService/GetLocation`,
    "",
    "Ctrl-C stops it.",
    "",
  ].join("\n");
}

function dataLines({ datasets, isUpdated }: ReadyData): string[] {
  const lines = datasets.length === 0 ? [] : [`  Data               ${datasets.join(", ")}`];
  if (!isUpdated) return lines;
  const updates =
    "npm is asked for a newer City package once a week (GEO_UPDATE_DEFAULTS=off: never)";
  return [...lines, `  Updates            ${updates}`];
}
