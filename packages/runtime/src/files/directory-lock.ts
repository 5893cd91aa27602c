import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { AppError } from "../errors.ts";

/** A directory that only this process uses, until it releases the lock or ends. */
export interface DirectoryLock {
  /**
   * 32 bytes that are the same only where the lock keeps two processes apart: for this directory, since this start of the
   * machine, in this network namespace. Where the system does not tell, they are random.
   */
  readonly place: Uint8Array;
  release(): Promise<void>;
}

/**
 * Takes a directory for this process. The lock is a socket in Linux's abstract namespace, named by the directory's device
 * and inode: the kernel gives it to one process at a time and frees it however that process ends, so there is no stale
 * lock file. It does not reach across network namespaces, such as containers that share a volume.
 * Errors: DIRECTORY_IN_USE with `inUse` as its message; those of node:fs.
 */
export async function lockDirectory(dir: string, inUse: string): Promise<DirectoryLock> {
  const { dev, ino } = statSync(dir);
  const place = placeOf(`${dev} ${ino}`);
  const server = createServer((socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<DirectoryLock>();
  server.once("error", (cause: NodeJS.ErrnoException) => {
    const isTaken = cause.code === "EADDRINUSE";
    reject(isTaken ? new AppError("DIRECTORY_IN_USE", { message: inUse, cause }) : cause);
  });
  server.listen({ path: `\0geomesh-${dev}-${ino}` }, () => {
    server.unref();
    resolve({ place, release: () => new Promise((done) => server.close(() => done())) });
  });
  return promise;
}

function placeOf(directory: string): Uint8Array {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
    const network = readlinkSync("/proc/self/ns/net");
    return createHash("sha256").update(`${boot} ${network} ${directory}`).digest();
  } catch {
    return randomBytes(32);
  }
}
