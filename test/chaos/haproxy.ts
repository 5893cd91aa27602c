import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import type { Replica } from "./processes.ts";

/** An haproxy before several gateways. */
export interface Haproxy {
  readonly port: number;
  /** Resolves once it sends requests to the gateway. */
  untilUp(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Runs haproxy with its defaults: a check of `/readyz` every 2 s, of which three must fail. Errors: where it is not installed. */
export async function startHaproxy(gateways: readonly Replica[]): Promise<Haproxy> {
  const dir = mkdtempSync(join(tmpdir(), "geomesh-haproxy-"));
  const [port, statsPort] = [await freePort(), await freePort()];
  const file = join(dir, "haproxy.cfg");
  writeFileSync(file, configuration(port, statsPort, gateways));
  const child = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" });
  const failed = once(child, "error").then(([error]) => {
    throw new Error(`haproxy cannot be run (apt-get install haproxy): ${error}`);
  });
  const states = async () => {
    const csv = await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text();
    const rows = csv.split("\n").map((row) => row.split(","));
    const status = rows[0]?.indexOf("status") ?? 0;
    return new Map(rows.map((row) => [row[1], row[status]]));
  };
  const untilUp = (name: string) =>
    eventually(async () => (await states()).get(name) === "UP" || false, { deadlineMs: 60_000 });
  await Promise.race([Promise.all(gateways.map(({ name }) => untilUp(name))), failed]);
  return {
    port,
    untilUp: async (name) => void (await untilUp(name)),
    async close() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      rmSync(dir, { recursive: true });
    },
  };
}

function configuration(port: number, statsPort: number, gateways: readonly Replica[]): string {
  const servers = gateways.map(
    (gateway) => `  server ${gateway.name} 127.0.0.1:${gateway.port} check port ${gateway.opsPort}`,
  );
  return [
    "defaults",
    "  mode http",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    "frontend api",
    `  bind 127.0.0.1:${port}`,
    "  default_backend gateways",
    "backend gateways",
    "  option httpchk GET /readyz",
    ...servers,
    "frontend stats",
    `  bind 127.0.0.1:${statsPort}`,
    "  stats enable",
    "  stats uri /",
    "",
  ].join("\n");
}
