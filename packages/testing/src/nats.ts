import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { portAnswers } from "@geomesh/servers/child";
import { findNatsServer, spawnNats } from "@geomesh/servers/nats";
import { natsConfig } from "@geomesh/servers/nats-config";
import { newNatsKey } from "@geomesh/servers/nats-key";
import { NATS_PROCESSES, type NatsProcess, natsRights } from "@geomesh/servers/nats-rights";
import { freePort } from "./free-port.ts";
import { TestServer } from "./test-server.ts";

/** A real nats-server with JetStream and the users of a mesh. It ends with the process of the test at the latest. */
export interface TestNats {
  /** With the credential of a user who may do everything. */
  readonly url: string;
  /** Without a credential. */
  readonly bareUrl: string;
  readonly port: number;
  /** With the credential of a process. */
  urlOf(process: NatsProcess): string;
  /** Starts it again on the same port, with the streams it had or with empty storage. */
  start(options?: { empty?: boolean }): Promise<void>;
  /** Stops it cleanly; its streams are kept. */
  stop(): Promise<void>;
  /** Kills it as a crash would; its streams are kept. */
  kill(): Promise<void>;
  /** Replaces its configuration, which says who its users are, and has it read that. */
  configure(text: string): void;
}

const EVERYTHING = { publish: [">"], subscribe: [">"] };

/** Starts a nats-server of its own on a free port. Errors: one when nats-server is not installed. */
export async function startTestNats(): Promise<TestNats> {
  const binary = findNatsServer(process.env["PATH"] ?? "");
  if (binary === undefined) throw new Error("nats-server is not installed");
  const port = await freePort();
  const users = [
    ...NATS_PROCESSES.map((name) => ({ name, rights: natsRights(name), ...newNatsKey() })),
    { name: "test", rights: EVERYTHING, ...newNatsKey() },
  ];
  const urlOf = (name: string) => {
    const { seed } = users.find((user) => user.name === name) ?? { seed: "" };
    return `nats://${seed}@127.0.0.1:${port}`;
  };
  const configIn = (dir: string) => join(dir, "nats.conf");
  const server = new TestServer({
    name: "nats",
    spawn: (dir, how) =>
      spawnNats({ binary, dataDir: join(dir, "data"), port, configFile: configIn(dir) }, how),
    isReady: () => portAnswers(port),
  });
  writeFileSync(configIn(server.dir), natsConfig(users));
  await server.start();
  return {
    url: urlOf("test"),
    bareUrl: `nats://127.0.0.1:${port}`,
    port,
    urlOf,
    async start({ empty = false } = {}) {
      if (empty) await rm(join(server.dir, "data"), { recursive: true });
      await server.start();
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
    configure(text) {
      writeFileSync(configIn(server.dir), text);
      server.signal("SIGHUP");
    },
  };
}
