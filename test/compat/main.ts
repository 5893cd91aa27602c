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
import { createAuthority } from "@geomesh/servers/certificates";
import { freePort } from "@geomesh/testing/free-port";
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
  const authority = createAuthority("Test authority");
  const { cert, key } = authority.issue("localhost");
  const httpsPort = await freePort();
  const mesh = await startTestMesh({
    GATEWAY_HTTPS_PORT: `${httpsPort}`,
    GATEWAY_HTTPS_CERT_FILE: written("cert.pem", cert),
    GATEWAY_HTTPS_KEY_FILE: written("key.pem", key),
  });
  try {
    await run(python, [PYTHON_FILE], {
      ...{ HOST: `localhost:${httpsPort}`, KEY: mesh.demoKey },
      REQUESTS_CA_BUNDLE: written("authority.pem", authority.cert),
    });
  } finally {
    await mesh.close();
  }
}

function written(name: string, text: string): string {
  const file = path.join(dir, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
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
