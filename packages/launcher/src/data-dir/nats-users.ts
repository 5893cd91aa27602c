import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority } from "@geomesh/servers/certificates";
import { natsConfig } from "@geomesh/servers/nats-config";
import { newNatsKey } from "@geomesh/servers/nats-key";
import { NATS_PROCESSES, type NatsProcess, natsRights } from "@geomesh/servers/nats-rights";

/** By what the embedded NATS and its users know each other. */
export interface NatsUsers {
  /** The configuration of nats-server: its certificate, its users and what each may do. */
  readonly configFile: string;
  /** The authority that vouches for the server. Its key is gone, so it vouches for no other. */
  readonly caFile: string;
  /** The file with the seed of a process, which is its credential. */
  seedFileOf(process: NatsProcess): string;
}

/** Makes new users and a certificate, in a private directory that holds none yet. Errors: those of node:fs. */
export function makeNatsUsers(dir: string): NatsUsers {
  const configFile = join(dir, "nats.conf");
  const seedFileOf = (process: NatsProcess) => join(dir, `${process}-nats-seed`);
  const users = NATS_PROCESSES.map((name) => {
    const { seed, publicKey } = newNatsKey();
    writePrivate(seedFileOf(name), `${seed}\n`);
    return { name, publicKey, rights: natsRights(name) };
  });
  const caFile = join(dir, "nats-ca.pem");
  const tls = { certFile: join(dir, "nats-cert.pem"), keyFile: join(dir, "nats-key.pem") };
  const authority = createAuthority("NATS of this mesh");
  const { cert, key } = authority.issue("127.0.0.1", "localhost");
  writePrivate(caFile, authority.cert);
  writePrivate(tls.certFile, cert);
  writePrivate(tls.keyFile, key);
  writePrivate(configFile, natsConfig(users, tls));
  return { configFile, caFile, seedFileOf };
}

const writePrivate = (path: string, text: string) =>
  writeFileSync(path, text, { flag: "wx", mode: 0o600 });
