import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { portAnswers } from "@geomesh/servers/child";
import { findNatsServer, spawnNats } from "@geomesh/servers/nats";
import { freePort } from "./free-port.ts";
import { TestServer } from "./test-server.ts";

/** A real nats-server with JetStream. It ends with the process of the test at the latest. */
export interface TestNats {
  readonly url: string;
  readonly port: number;
  /** Starts it again on the same port, with the streams it had or with empty storage. */
  start(options?: { empty?: boolean }): Promise<void>;
  /** Stops it cleanly; its streams are kept. */
  stop(): Promise<void>;
  /** Kills it as a crash would; its streams are kept. */
  kill(): Promise<void>;
}

/** Starts a nats-server of its own on a free port. Errors: one when nats-server is not installed. */
export async function startTestNats(): Promise<TestNats> {
  const binary = findNatsServer(process.env["PATH"] ?? "");
  if (binary === undefined) throw new Error("nats-server is not installed");
  const port = await freePort();
  const server = new TestServer({
    name: "nats",
    spawn: (dir, how) => spawnNats({ binary, dataDir: join(dir, "data"), port }, how),
    isReady: () => portAnswers(port),
  });
  await server.start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    async start({ empty = false } = {}) {
      if (empty) await rm(join(server.dir, "data"), { recursive: true });
      await server.start();
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}
