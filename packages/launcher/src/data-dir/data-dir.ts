import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, LaunchError } from "../launch-error.ts";
import { makeDirectory } from "./make-directory.ts";

/** The directory with all state of one mesh. */
export interface DataDir {
  readonly path: string;
  readonly logPath: (name: string) => string;
  readonly pidPath: (name: string) => string;
  readonly credentialsPath: string;
  readonly passwordsPath: string;
  readonly idempotencyKeyPath: string;
  /** The path of a file or directory inside. */
  readonly in: (name: string) => string;
}

/**
 * Creates the directory and those inside that the launcher itself writes. Other users may pass through it, which PostgreSQL
 * under another user must, but not list it. Errors: LaunchError when it is not writable.
 */
export function openDataDir(path: string): DataDir {
  const below = (...names: string[]) => join(path, ...names);
  try {
    makeDirectory(path, 0o711);
    makeDirectory(below("run"), 0o755);
    makeDirectory(below("log"), 0o700);
    const probe = below("run", `.writable-${Math.random()}`);
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new LaunchError(
      `DATA_DIR ${path} cannot be written (${codeOf(error)}): set DATA_DIR to a directory that this user may write.`,
    );
  }
  return {
    path,
    logPath: (name) => below("log", `${name}.log`),
    pidPath: (name) => below("run", `${name}.pid`),
    credentialsPath: below("credentials.json"),
    passwordsPath: below("passwords.json"),
    idempotencyKeyPath: below("idempotency.key"),
    in: below,
  };
}
