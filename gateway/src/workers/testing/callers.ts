import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";

/** Needs no key and no other process. */
export const FLAG = "/v1/flags/de.svg";

/** What callers saw. */
export interface Seen {
  /** Answers by the process that gave them. */
  readonly answers: Map<string, number>;
  /** The codes of the errors. */
  readonly failed: string[];
}

/** One request over a connection of its own, whose answer is read. Errors: Error for a status that is not 200. */
async function ask(port: number): Promise<http.IncomingHttpHeaders> {
  const request = http.get({ port, host: "127.0.0.1", path: FLAG, agent: false });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  await text(response);
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  return response.headers;
}

/** The same. Resolves with the process that answered, as its request ids begin. */
export async function call(port: number): Promise<string> {
  const headers = await ask(port);
  return String(headers["x-request-id"]).split("-")[0] ?? "";
}

/** Callers in a loop, each with a new connection for each request, until they are stopped. */
export function startCallers(port: number, callers: number) {
  const seen: Seen = { answers: new Map(), failed: [] };
  let isStopped = false;
  const loop = async () => {
    while (!isStopped) {
      try {
        const by = await call(port);
        seen.answers.set(by, (seen.answers.get(by) ?? 0) + 1);
      } catch (error) {
        seen.failed.push((error as NodeJS.ErrnoException).code ?? String(error));
      }
    }
  };
  const loops = Array.from({ length: callers }, loop);
  return {
    seen,
    async stop(): Promise<Seen> {
      isStopped = true;
      await Promise.all(loops);
      return seen;
    },
  };
}
