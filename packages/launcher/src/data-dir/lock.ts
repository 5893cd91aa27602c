import { statSync } from "node:fs";
import { createServer } from "node:net";
import { codeOf, LaunchError } from "../launch-error.ts";

/** Keeps other launchers away from a data directory until it is released or its holder is gone. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the data directory for this process. The lock is a socket in Linux's abstract namespace, named by the
 * directory's identity: the kernel gives it to one process at a time and frees it however that process ends, so there
 * is no stale lock file to judge.
 */
export function lockDataDir(path: string): Promise<Lock> {
  const { dev, ino } = statSync(path);
  const server = createServer((socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<Lock>();
  server.once("error", (error) => {
    const message =
      codeOf(error) === "EADDRINUSE"
        ? `Another mesh runs in DATA_DIR ${path}: stop it, or set DATA_DIR to another directory.`
        : `DATA_DIR ${path} cannot be locked (${codeOf(error)}).`;
    reject(new LaunchError(message));
  });
  server.listen({ path: `\0geomesh-${dev}-${ino}` }, () => {
    server.unref();
    resolve({ release: () => new Promise((done) => server.close(() => done())) });
  });
  return promise;
}
