import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";

/** Below the ports that Linux gives to connections by default (net.ipv4.ip_local_port_range): one of those may be taken at any moment. */
const PORT_MIN = 10_000;
const PORT_MAX = 32_000;
/** One for each worker of Vitest, which numbers them from 1, and the processes that it starts. */
const RANGES = 8;
const RANGE_PORTS = (PORT_MAX - PORT_MIN) / RANGES;
const ATTEMPTS_MAX = 100;

const RANGE_START = PORT_MIN + (Number(process.env["VITEST_POOL_ID"] ?? 0) % RANGES) * RANGE_PORTS;
let next = randomInt(RANGE_PORTS);

/**
 * A port of 127.0.0.1 that was free a moment ago: for programs that cannot tell which port the system chose. Who asks may use it
 * later, and stop using it meanwhile: tests that run at the same time get ports of different ranges, and one process gets each port
 * of its range in turn. Errors: Error where none is found.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = RANGE_START + next;
    next = (next + 1) % RANGE_PORTS;
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
