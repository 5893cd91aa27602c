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
