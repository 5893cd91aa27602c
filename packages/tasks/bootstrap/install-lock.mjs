import { statSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { root } from "./paths.mjs";
import { SetupError } from "./setup-error.mjs";

const pollMs = 200;
const waitMsMax = 600_000;
/** An older Node, such as 20, fills a name up to this size with zeros; only the same bytes are the same lock. */
const nameBytes = 108;

/**
 * Runs an installation while no other command of this checkout runs one. The lock is a socket in Linux's abstract namespace,
 * which the kernel frees however its holder ends. Errors: SetupError after 10 minutes.
 */
export async function withInstallLock(install) {
  const deadlineMs = Date.now() + waitMsMax;
  let server = await take();
  if (server === undefined) console.error("Waiting for another command to install …");
  while (server === undefined) {
    if (Date.now() > deadlineMs) throw new SetupError("Another command installs for 10 minutes.");
    await wait(pollMs);
    server = await take();
  }
  try {
    await install();
  } finally {
    server.close();
  }
}

/** Undefined where another process has it. */
function take() {
  const { dev, ino } = statSync(root);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(new SetupError(`This checkout cannot be locked (${error.code}).`));
    });
    const path = `\0geomesh-install-${dev}-${ino}`.padEnd(nameBytes, "\0");
    server.listen({ path }, () => resolve(server.unref()));
  });
}
