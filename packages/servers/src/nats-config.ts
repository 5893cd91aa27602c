import type { NatsRights } from "./nats-rights.ts";

/** A user of NATS with what it may do. */
export interface NatsUser {
  /** Stands in a comment. */
  readonly name: string;
  /** Its public key, or `$NAME` for a variable of the server's environment. */
  readonly publicKey: string;
  readonly rights: NatsRights;
}

/** The files by which nats-server proves its name to clients, in PEM. */
export interface NatsTls {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * The configuration of nats-server that lets in these users and nobody else, over TLS alone where it has a certificate. It holds
 * no secret. Where several users have the same rights, such as the gateways or an old and a new key, each has an entry. Errors:
 * a TypeError for what is no public key.
 */
export function natsConfig(users: readonly NatsUser[], tls?: NatsTls): string {
  return `${tls ? tlsOf(tls) : ""}authorization {\n  users: [\n${users.map(entryOf).join("")}  ]\n}\n`;
}

function tlsOf({ certFile, keyFile }: NatsTls): string {
  return `tls {\n  cert_file: ${JSON.stringify(certFile)}\n  key_file: ${JSON.stringify(keyFile)}\n}\n`;
}

function entryOf({ name, publicKey, rights }: NatsUser): string {
  if (!/^(U[A-Z2-7]{55}|\$[A-Z_]+)$/.test(publicKey)) {
    throw new TypeError(`the user ${name} has no public key`);
  }
  return `    # ${name}
    {
      nkey: ${publicKey}
      permissions: {
        publish: { allow: ${listOf(rights.publish)} }
        subscribe: { allow: ${listOf(rights.subscribe)} }
      }
    }
`;
}

function listOf(subjects: readonly string[]): string {
  const lines = subjects.map((subject) => `          ${JSON.stringify(subject)}\n`);
  return `[\n${lines.join("")}        ]`;
}
