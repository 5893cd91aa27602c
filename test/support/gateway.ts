import { mkdtempSync } from "node:fs";
import path from "node:path";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import type { Env } from "@geomesh/runtime/config";
import { createLog, type Log } from "@geomesh/runtime/log";
import type { TestMesh } from "./mesh.ts";

const GATEWAY = new URL("../../gateway/src/", import.meta.url);

interface RunningGateway {
  readonly port: number;
  readonly opsPort: number;
  close(): Promise<void>;
}

/** Another gateway of a mesh, in this process, whose wall clock the test sets. */
export interface TestGateway {
  readonly baseUrl: string;
  /** What its operations port answers. */
  readyz(): Promise<{ status: number; text: string }>;
  /** How far its wall clock is ahead of the machine's, in milliseconds. */
  aheadMs: number;
  readonly dataDir: string;
  /** Ends it as SIGTERM does, once it serves nobody. */
  close(): Promise<void>;
}

/**
 * Starts another gateway of the mesh that runs by these settings; by paths, as no process may be imported. Default is a new
 * directory and the clock of the machine.
 */
export async function startGateway(
  mesh: TestMesh,
  settings: Env,
  { aheadMs = 0, dataDir = mkdtempSync(path.join(mesh.dataDir, "gateway-")) } = {},
): Promise<TestGateway> {
  const { readConfig } = (await load("config.ts")) as { readConfig(env: Env): object };
  const { start } = (await load("service.ts")) as {
    start(config: object, log: Log, overrides: { clock: Clock }): Promise<RunningGateway>;
  };
  const trust = (name: string) => path.join(mesh.dataDir, "trust", name);
  const config = readConfig({
    GATEWAY_PORT: "0",
    GATEWAY_OPS_PORT: "0",
    GATEWAY_DATA_DIR: dataDir,
    NATS_URL: `tls://127.0.0.1:${settings["NATS_PORT"]}`,
    NATS_CA_FILE: trust("nats-ca.pem"),
    NATS_NKEY_SEED_FILE: trust("gateway-nats-seed"),
    GEO_ADDRESS: `unix:${trust("geo.sock")}`,
    AUTH_ADDRESS: `unix:${trust("auth.sock")}`,
    AUTH_TOKEN_FILE: trust("gateway-auth-token"),
    METERING_ADDRESS: `unix:${trust("metering.sock")}`,
    METERING_TOKEN_FILE: trust("gateway-metering-token"),
  });
  const gateway: { aheadMs: number } = { aheadMs };
  const clock = { ...SYSTEM_CLOCK, wallMs: () => SYSTEM_CLOCK.wallMs() + gateway.aheadMs };
  const running = await start(config, createLog({ service: "gateway", level: "silent" }), {
    clock,
  });
  return Object.assign(gateway, {
    baseUrl: `http://127.0.0.1:${running.port}`,
    dataDir,
    async readyz() {
      const response = await fetch(`http://127.0.0.1:${running.opsPort}/readyz`);
      return { status: response.status, text: await response.text() };
    },
    close: () => running.close(),
  });
}

const load = (file: string): Promise<unknown> => import(new URL(file, GATEWAY).href);
