import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import net from "node:net";
import { AppError } from "@geomesh/runtime/errors";

/**
 * Makes sure that one process alone uses a spool: a second would take the first one's live epoch for a dead one. The lock
 * is a socket in Linux's abstract namespace, which the kernel frees when the process ends in whatever way.
 * Errors: failed_precondition SPOOL_IN_USE.
 */
export function lockSpool(dir: string): Promise<{ release(): void }> {
  const name = createHash("sha256").update(realpathSync(dir)).digest("hex");
  const server = net.createServer().unref();
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const sentence = `another gateway is using the spool in ${dir}`;
      reject(new AppError("failed_precondition", "SPOOL_IN_USE", sentence, { cause }));
    });
    server.listen(`\0geomesh-spool-${name}`, () => resolve({ release: () => server.close() }));
  });
}
