import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { startPoller } from "../async/poller.ts";
import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";

/** Where a process has its certificate, in PEM; all three or none are set. */
export interface TlsPaths {
  /** Its certificate, followed by those between it and the authority. */
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  /** The authorities that vouch for the other processes. */
  readonly tlsCaFile: string;
}

/** What the files hold. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
}

/** The files of a process, which are read again when they change. */
export interface TlsFiles {
  readonly current: TlsMaterial;
  /** Calls `listener` with what is new, until the function that it returns is called. */
  onChange(listener: (material: TlsMaterial) => void): () => void;
  close(): Promise<void>;
}

/** What a caller may choose. */
export interface TlsFilesOptions {
  /** How often the files are read, in milliseconds; default 5,000. */
  readonly pollMs?: number;
}

const POLL_MS = 5_000;

/**
 * Reads the files of a process; undefined where none is set. Files that stop fitting together, as between two writes, are
 * logged, and what was read before stays in use. Errors: SETTING_INVALID.
 */
export async function openTlsFiles(
  paths: TlsPaths,
  { log }: { log: Log },
  { pollMs = POLL_MS }: TlsFilesOptions = {},
): Promise<TlsFiles | undefined> {
  const files = [paths.tlsCertFile, paths.tlsKeyFile, paths.tlsCaFile] as const;
  if (files.every((file) => file === "")) return undefined;
  if (files.some((file) => file === "")) {
    throw new AppError("SETTING_INVALID", {
      message: "a TLS certificate, its key and its authorities must be set together",
    });
  }
  let current = await read(files).catch((cause: Error) => {
    throw new AppError("SETTING_INVALID", { message: `TLS files: ${cause.message}`, cause });
  });
  const listeners = new Set<(material: TlsMaterial) => void>();
  let problem = "";
  const poll = async () => {
    const found = await read(files);
    problem = "";
    if (isSame(found, current)) return;
    current = found;
    log.info({ files }, "TLS files were read again");
    for (const listener of listeners) listener(found);
  };
  const onError = (error: unknown) => {
    const { message } = error as Error;
    if (message !== problem) log.warn({ problem: message }, "TLS files: the former stay in use");
    problem = message;
  };
  const poller = startPoller(poll, { pauseMs: pollMs, onError });
  return {
    get current() {
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: poller.close,
  };
}

/** Errors: one that says which files do not fit. */
async function read([certFile, keyFile, caFile]: readonly string[]): Promise<TlsMaterial> {
  const [cert, key, ca] = (await Promise.all(
    [certFile, keyFile, caFile].map((file) => readFile(file ?? "")),
  )) as [Buffer, Buffer, Buffer];
  createSecureContext({ cert, key });
  // A secure context accepts authorities that are none.
  new X509Certificate(ca);
  return { cert, key, ca };
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.cert.equals(other.cert) && one.key.equals(other.key) && one.ca.equals(other.ca);
}
