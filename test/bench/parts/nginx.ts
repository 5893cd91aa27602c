import { join } from "node:path";
import { measureInTurn } from "../measure.ts";
import { nginxVersion, startNginx } from "../targets/nginx.ts";
import type { Part } from "./part.ts";
import { startSingles } from "./singles.ts";
import { comparison, cpuRatio } from "./tables.ts";

const CONNECTIONS = 128;
const TITLE = "nginx";

/** The mesh beside nginx with geoip2 on the same City file: lookups in C without keys, limits and usage. */
export const benchNginx: Part = async ({ mesh, generators }, options) => {
  if (nginxVersion() === undefined) {
    const how =
      "Skipped: nginx with geoip2 is not installed (Debian: `nginx` and `libnginx-mod-http-geoip2`).";
    return { title: TITLE, how, tables: [] };
  }
  const singles = await startSingles(mesh);
  const cityFile = join(mesh.dataDir, "geo/datasets/GeoLite2-City.mmdb");
  const nginx = await startNginx(cityFile, singles.requests);
  try {
    const shape = { connections: CONNECTIONS };
    const trials = [nginx, singles.bare, singles.mesh].map((target) => ({ target, shape }));
    const [inC = [], bare = [], meshed = []] = await measureInTurn(generators, trials, options);
    return {
      title: TITLE,
      how: `Single locations on ${CONNECTIONS} connections: nginx (one worker) that writes JSON from variables of geoip2, a bare \`node:http\` server, and the mesh.`,
      tables: [
        comparison([
          { name: "nginx", rounds: inC },
          { name: "bare", rounds: bare },
          { name: "mesh", rounds: meshed },
        ]),
      ],
      notes: [
        `bare \`node:http\` / nginx: ${cpuRatio(bare, "bare", inC, "nginx").toFixed(2)} × the CPU of a request`,
      ],
    };
  } finally {
    await nginx.close();
    await singles.bare.close();
  }
};
