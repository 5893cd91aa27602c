import type { AddressInfo, Server } from "node:net";
import { AppError } from "./errors.ts";

/** Listens and answers the port in use. Errors: unavailable with one clear sentence. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** What to tell an operator whose port is taken, forbidden or nowhere. */
export function cannotListen(host: string, port: number, cause: unknown): AppError {
  const why: Record<string, string> = {
    EADDRINUSE: "another process is using it",
    EACCES: "this user may not",
    EADDRNOTAVAIL: "this machine has no such address",
  };
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const sentence = `cannot listen on ${host}:${port}: ${why[code] ?? (cause as Error).message}`;
  return new AppError("CANNOT_LISTEN", { message: sentence, cause });
}
