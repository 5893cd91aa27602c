import type { AddressInfo, Server } from "node:net";
import { AppError } from "./errors.ts";

/** Listens and returns the port in use. Errors: CANNOT_LISTEN with one clear sentence. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(`${host}:${port}`, error)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** What an operator is told whose `host:port` or path of a socket cannot be used. */
export function cannotListen(address: string, cause: unknown): AppError {
  const why: Record<string, string> = {
    EADDRINUSE: "another process is using it",
    EACCES: "this user is not allowed to",
    EADDRNOTAVAIL: "this machine does not have that address",
  };
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const sentence = `cannot listen on ${address}: ${why[code] ?? (cause as Error).message}`;
  return new AppError("CANNOT_LISTEN", { message: sentence, cause });
}

/** Turns of the event loop in which nobody came, after which nobody waits to be accepted. */
const QUIET_TURNS = 2;
/** A server that is never left in peace stops all the same. */
const TURNS_MAX = 200;

/**
 * Stops to listen once all connections that the system has already taken for this server are accepted: closing the socket
 * resets those that still wait. Open connections stay as they are. Takes 200 turns of the event loop at most.
 */
export async function stopListening(server: Server): Promise<void> {
  let quietTurns = 0;
  const accepted = () => {
    quietTurns = 0;
  };
  server.on("connection", accepted);
  for (let turns = 0; quietTurns < QUIET_TURNS && turns < TURNS_MAX; turns += 1) {
    quietTurns += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.off("connection", accepted);
  server.close();
}
