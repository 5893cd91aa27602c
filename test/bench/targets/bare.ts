import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram } from "../child.ts";
import type { LoadRequest } from "../load/plan.ts";
import type { ClosableTarget } from "./closable-target.ts";

/** Starts a bare `node:http` server that answers every request with the given body. */
export async function startBare(
  body: string,
  requests: readonly LoadRequest[],
): Promise<ClosableTarget> {
  const dir = mkdtempSync(join(tmpdir(), "geomesh-bench-"));
  const path = join(dir, "body");
  writeFileSync(path, body);
  const server = startProgram("targets/bare-server.ts", [path]);
  const port = Number(await server.line());
  rmSync(dir, { recursive: true });
  const pids = () => ({ bare: server.pid });
  return { name: "bare", port, requests, pids, close: () => server.close() };
}
