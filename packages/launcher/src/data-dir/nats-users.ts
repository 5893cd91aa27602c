import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { natsConfig } from "@geomesh/servers/nats-config";
import { newNatsKey } from "@geomesh/servers/nats-key";
import { NATS_PROCESSES, type NatsProcess, natsRights } from "@geomesh/servers/nats-rights";

/** The users of the embedded NATS. */
export interface NatsUsers {
  /** The configuration of nats-server, which names them and says what each may do. */
  readonly configFile: string;
  /** The file with the seed of a process, which is its credential. */
  seedFileOf(process: NatsProcess): string;
}

/** Makes new users, in a private directory that holds none yet. Errors: those of node:fs. */
export function makeNatsUsers(dir: string): NatsUsers {
  const configFile = join(dir, "nats.conf");
  const seedFileOf = (process: NatsProcess) => join(dir, `${process}-nats-seed`);
  const users = NATS_PROCESSES.map((name) => {
    const { seed, publicKey } = newNatsKey();
    writePrivate(seedFileOf(name), `${seed}\n`);
    return { name, publicKey, rights: natsRights(name) };
  });
  writePrivate(configFile, natsConfig(users));
  return { configFile, seedFileOf };
}

const writePrivate = (path: string, text: string) =>
  writeFileSync(path, text, { flag: "wx", mode: 0o600 });
