import { createServer } from "node:net";
import { codeOf, LaunchError } from "./launch-error.ts";

/** A port that the mesh is about to listen on, and the setting that names it. */
export interface WantedPort {
  readonly setting: string;
  readonly host: string;
  readonly port: number;
}

/** Checks every port before anything is started. Errors: LaunchError that names all ports that are in use. */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems = await Promise.all(wanted.map(problemOf));
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new LaunchError(found.join("\n"));
}

function problemOf({ setting, host, port }: WantedPort): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once("error", (error) => resolve(sentence(setting, host, port, codeOf(error))));
  server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  return promise;
}

function sentence(setting: string, host: string, port: number, code: string): string {
  if (code === "EADDRINUSE") {
    return `Port ${port} (${setting}) is taken: stop the program that uses it, or choose another port with ${setting}=<port>.`;
  }
  if (code === "EACCES") {
    return `Port ${port} (${setting}) is not open to this user: choose one above 1023 with ${setting}=<port>.`;
  }
  return `Port ${port} (${setting}) cannot be opened on ${host} (${code}).`;
}
