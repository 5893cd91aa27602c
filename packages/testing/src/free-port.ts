import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux gives to connections by default (net.ipv4.ip_local_port_range): one of those may be taken at any moment. */
const PORT_MIN = 10_000;
const PORT_MAX = 32_000;
const ATTEMPTS_MAX = 100;

/**
 * A port of 127.0.0.1 that was free a moment ago: for programs that cannot tell which port the system chose. It is one of many, by
 * chance, so that two tests that ask at a time get different ones. Errors: Error where none is found.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port among ${ATTEMPTS_MAX}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
