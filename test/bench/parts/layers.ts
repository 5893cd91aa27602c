import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startProgram } from "../child.ts";
import { cpuUs, perSecond } from "../figures.ts";
import { type Measured, measureInTurn, type Target } from "../measure.ts";
import { decimal, whole } from "../report.ts";
import type { BenchMesh } from "../targets/bench-mesh.ts";
import type { Part } from "./part.ts";
import { type Singles, startSingles } from "./singles.ts";

const CONNECTIONS = 128;
const SERVER = "../../gateway/bench/layers-server.ts";
/** Each adds itself to those before it. */
const LAYERS = {
  routing: "HTTP front, routes, binding of the request",
  key: "key",
  rate: "policy: scope, rules of the contract, rates",
  quota: "quota from a lease",
  geo: "frames to geo, JSON from its parts",
  spool: "usage in the spool",
  fsync: "usage synced to disk",
} as const;

interface Layered {
  readonly target: Target;
  readonly server: Child;
}

/** What each layer of the gateway adds to a bare server, in the gateway's own CPU. */
export const benchLayers: Part = async ({ mesh, generators }, options) => {
  const singles = await startSingles(mesh);
  const dir = mkdtempSync(join(tmpdir(), "geomesh-layers-"));
  const layered: Layered[] = [];
  try {
    for (const layer of Object.keys(LAYERS)) {
      layered.push(await startLayer(layer, mesh, singles, join(dir, layer)));
    }
    const targets = [singles.bare, ...layered.map((each) => each.target)];
    const trials = targets.map((target) => ({ target, shape: { connections: CONNECTIONS } }));
    const rounds = await measureInTurn(generators, trials, options);
    return {
      title: "layers",
      how: `Single lookups on ${CONNECTIONS} connections: a bare server, and the gateway with its real parts up to a layer and stand-ins for the rest. Leases come from memory here, and usage stays in the spool.`,
      tables: [{ columns: ["", "requests/s", "CPU µs/request", "adds µs"], rows: rows(rounds) }],
    };
  } finally {
    for (const { server } of layered) await server.close();
    rmSync(dir, { recursive: true, force: true });
    await singles.bare.close();
  }
};

async function startLayer(
  name: string,
  { addresses }: BenchMesh,
  { key, requests }: Singles,
  dir: string,
): Promise<Layered> {
  const server = startProgram(SERVER, [name, key, addresses.geo, dir]);
  const port = Number(await server.line());
  return { target: { name, port, requests, pids: () => ({ gateway: server.pid }) }, server };
}

function rows(rounds: readonly (readonly Measured[])[]): string[][] {
  const names = ["bare", ...Object.values(LAYERS).map((what) => `+ ${what}`)];
  return rounds.map((each, at) => {
    const before = rounds[at - 1];
    return [
      names[at] ?? "",
      whole(perSecond(each)),
      decimal(cpuUs(each)),
      before === undefined ? "" : (cpuUs(each) - cpuUs(before)).toFixed(1),
    ];
  });
}
