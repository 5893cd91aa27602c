/**
 * `npm run compat`: a mesh is asked by the Python clients of MaxMind and ipinfo, which pip installs beside it. `npm test` has
 * those for Node.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openTlsDoor } from "@geomesh/testing/tls-door";
import { startTestMesh } from "../support/mesh.ts";

const CLIENTS = ["geoip2==5.3.0", "ipinfo==5.6.0"];
const PYTHON_FILE = fileURLToPath(new URL("clients.py", import.meta.url));

const dir = mkdtempSync(path.join(tmpdir(), "geomesh-compat-"));
try {
  const python = path.join(dir, "python/bin/python");
  await run("python3", ["-m", "venv", path.join(dir, "python")]);
  await run(python, ["-m", "pip", "install", "--quiet", ...CLIENTS]);
  await askMesh(python);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function askMesh(python: string): Promise<void> {
  const mesh = await startTestMesh();
  const door = await openTlsDoor(Number(new URL(mesh.baseUrl).port));
  try {
    const authorities = path.join(dir, "authority.pem");
    writeFileSync(authorities, door.authority);
    const { host: HOST } = door;
    await run(python, [PYTHON_FILE], {
      ...{ HOST, KEY: mesh.demoKey, REQUESTS_CA_BUNDLE: authorities },
    });
  } finally {
    await door.close();
    await mesh.close();
  }
}

/** Runs a command to its end. Errors: Error where it fails. */
async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
}
