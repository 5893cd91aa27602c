import { X509Certificate } from "node:crypto";
import { natsInbox } from "@geomesh/terms/nats";
import {
  type Authenticator,
  type ConnectionOptions,
  nkeyAuthenticator,
  nkeys,
  usernamePasswordAuthenticator,
} from "nats";
import { readSettingFile } from "../files/setting-file.ts";

const DIAL_MS_MAX = 2_000;
const PING_MS = 3_000;

/** Where NATS is, and as whom a process connects to it. */
export interface NatsAccess {
  /** `nats:`, or `tls:` for TLS. May hold a user with a password, or the seed of an nkey instead of both. */
  readonly url: string;
  /** A file with the seed of an nkey, which counts more than what the URL holds. */
  readonly seedFile?: string | undefined;
  /** The authorities that vouch for NATS, in PEM, instead of those of the machine. With it the connection has TLS in any case. */
  readonly caFile?: string | undefined;
}

/** A credential or an authority that cannot be used, or a credential that NATS refuses. The message is a sentence for the operator and holds no secret. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
}

/** As whom a process connects. */
export interface Credential {
  /** Undefined where none is set. */
  readonly authenticator?: Authenticator;
  /** Who it is and where that is set, without secrets. */
  readonly description: string;
}

/** Reads the credential; the file is read at each call, so that it may be replaced. Errors: CredentialError. */
export async function readCredential({ url, seedFile }: NatsAccess): Promise<Credential> {
  if (seedFile)
    return nkeyOf(
      (await readText("NATS_NKEY_SEED_FILE", seedFile)).trim(),
      `NATS_NKEY_SEED_FILE: ${seedFile}`,
    );
  const { username, password } = new URL(url);
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  if (user === "") return { description: "none is set" };
  if (pass === "" && user.startsWith("SU")) return nkeyOf(user, "NATS_URL");
  return {
    authenticator: usernamePasswordAuthenticator(user, pass),
    description: `user ${user} of NATS_URL`,
  };
}

/**
 * How the client connects, once; both files are read anew. With TLS nothing is sent before the server has proven its name. A
 * server that leaves two pings unanswered counts as lost. Errors: CredentialError.
 */
export async function connectOptions(
  { url, caFile, name }: NatsAccess & { name: string },
  { authenticator }: Credential,
): Promise<ConnectionOptions> {
  const { protocol, host, hostname } = new URL(url);
  // Read here: while the client reads a file, nothing hears an error of its socket, which then ends the process.
  const ca = caFile ? await readAuthorities(caFile) : undefined;
  // The client leaves out an address, and Node would ask for the name `localhost` instead.
  const tls = { host: hostname.replace(/^\[|\]$/g, ""), ...(ca !== undefined && { ca }) };
  return {
    servers: host,
    name,
    inboxPrefix: natsInbox(name),
    ...(authenticator && { authenticator }),
    ...((protocol === "tls:" || caFile) && { tls }),
    reconnect: false,
    timeout: DIAL_MS_MAX,
    pingInterval: PING_MS,
    maxPingOut: 2,
  };
}

/** An empty text would stand for the authorities of the machine. */
async function readAuthorities(file: string): Promise<string> {
  const pem = await readText("NATS_CA_FILE", file);
  try {
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw new CredentialError(`NATS_CA_FILE: ${file} holds no certificate`, { cause });
  }
}

async function readText(setting: string, file: string): Promise<string> {
  const bytes = await readSettingFile(setting, file).catch((cause: Error) => {
    throw new CredentialError(cause.message, { cause });
  });
  return bytes.toString();
}

function nkeyOf(seed: string, where: string): Credential {
  const bytes = Buffer.from(seed);
  try {
    const publicKey = nkeys.fromSeed(bytes).getPublicKey();
    return { authenticator: nkeyAuthenticator(bytes), description: `${publicKey} of ${where}` };
  } catch {
    // The cause stays out: it may hold a part of the seed.
    throw new CredentialError(`${where} holds no seed of an nkey`);
  }
}
