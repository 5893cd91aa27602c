import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tokenHash } from "@geomesh/runtime/trust/callers";
import type { DataDir } from "./data-dir.ts";
import { makeNatsUsers, type NatsUsers } from "./nats-users.ts";
import { readPrivateJson } from "./private-file.ts";

/** By what the processes of a mesh know each other: sockets that only this user can use, and a token for each caller. */
export interface Trust {
  /** For a person who calls auth or metering; it stays the same from start to start. */
  readonly operatorToken: string;
  /** The users of NATS, where it is embedded. */
  readonly natsUsers: NatsUsers;
  /** Where a service listens beside its port. */
  socketOf(service: "geo" | "auth" | "metering"): string;
  /** The file from which a service knows its callers. */
  callersFileOf(service: "auth" | "metering"): string;
  /** The file with what a process shows to a service. */
  tokenFileOf(caller: "gateway" | "metering", service: "auth" | "metering"): string;
  /** Removes the directory. */
  close(): void;
}

/** Which process calls which service. A service cannot show what it was shown to another. */
const CALLS = [
  ["gateway", "auth"],
  ["metering", "auth"],
  ["gateway", "metering"],
] as const;
const TOKEN_BYTES = 32;
/** Linux keeps 108 bytes for the path of a socket; the longest name here is `metering.sock`. */
const DIRECTORY_BYTES_MAX = 107 - "/metering.sock".length;

/**
 * Makes a new directory of mode 0700 with new tokens, in the data directory or, where its path is too long for a socket, in that
 * for temporary files. What an earlier start left is removed. Errors: those of node:fs; LaunchError for damaged credentials.
 */
export function makeTrust(dataDir: DataDir): Trust {
  const dir = emptyDirectory(dataDir.in("trust"));
  const trust: Trust = {
    operatorToken: readPrivateJson(dataDir.credentialsPath)?.["operator_token"] ?? newToken(),
    natsUsers: makeNatsUsers(dir),
    socketOf: (service) => join(dir, `${service}.sock`),
    callersFileOf: (service) => join(dir, `${service}-callers`),
    tokenFileOf: (caller, service) => join(dir, `${caller}-${service}-token`),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
  for (const service of ["auth", "metering"] as const) {
    write(trust.callersFileOf(service), callerLine("operator", trust.operatorToken));
  }
  for (const [caller, service] of CALLS) {
    const token = newToken();
    write(trust.tokenFileOf(caller, service), `${token}\n`);
    write(trust.callersFileOf(service), callerLine(caller, token));
  }
  return trust;
}

function emptyDirectory(path: string): string {
  rmSync(path, { recursive: true, force: true });
  if (Buffer.byteLength(path) > DIRECTORY_BYTES_MAX) return mkdtempSync(join(tmpdir(), "geomesh-"));
  mkdirSync(path, { mode: 0o700 });
  return path;
}

const callerLine = (caller: string, token: string) => `${caller} sha256:${tokenHash(token)}\n`;
const newToken = () => randomBytes(TOKEN_BYTES).toString("base64url");
const write = (path: string, text: string) => writeFileSync(path, text, { flag: "a", mode: 0o600 });
