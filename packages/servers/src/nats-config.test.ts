import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { connectNats } from "@geomesh/testing/nats-client";
import { expect, onTestFinished, test } from "vitest";
import { portAnswers, stopChild } from "./child.ts";
import { findNatsServer } from "./nats.ts";
import { natsConfig } from "./nats-config.ts";
import { newNatsKey } from "./nats-key.ts";
import { NATS_PROCESSES, natsRights } from "./nats-rights.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HEAD = `# The users of NATS and what each may do, for a nats-server that is not the embedded one. The variables of its environment
# hold the public keys. Made of the contract: npm test -- packages/servers/src/nats-config --update

`;

test("deploy/nats.conf is what the contract makes of it", async () => {
  const users = NATS_PROCESSES.map((name) => ({
    name,
    publicKey: `$NATS_${name.toUpperCase()}_USER`,
    rights: natsRights(name),
  }));
  await expect(HEAD + natsConfig(users)).toMatchFileSnapshot(join(ROOT, "deploy/nats.conf"));
});

test.each(["", "geo", newNatsKey().seed, `${newNatsKey().publicKey}"`, "U\nno_auth_user: x"])(
  "%j is not taken for a public key",
  (publicKey) => {
    const user = { name: "geo", publicKey, rights: natsRights("geo") };
    expect(() => natsConfig([user])).toThrow(/^the user geo has no public key$/);
  },
);

/** A checkout with what make-env.sh needs, and the environment that it writes there. */
function makeEnv(): { file: string; env: Record<string, string> } {
  const here = mkdtempSync(join(tmpdir(), "geomesh-make-env-"));
  onTestFinished(() => rmSync(here, { recursive: true }));
  for (const file of ["deploy/make-env.sh", "packages/servers/scripts", "packages/servers/src"]) {
    mkdirSync(dirname(join(here, file)), { recursive: true });
    cpSync(join(ROOT, file), join(here, file), { recursive: true });
  }
  mkdirSync(join(here, "node_modules/.bin"), { recursive: true });
  symlinkSync(process.execPath, join(here, "node_modules/.bin/node"));
  execFileSync("sh", [join(here, "deploy/make-env.sh")], { stdio: "pipe" });
  const file = join(here, ".env");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return { file, env: Object.fromEntries(lines.map((line) => line.split("="))) };
}

test("the users of deploy/make-env.sh connect to a server with deploy/nats.conf, and others do not", async () => {
  const { file, env } = makeEnv();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const port = await freePort();
  const binary = findNatsServer(process.env["PATH"] ?? "") ?? "";
  const options = ["--config", join(ROOT, "deploy/nats.conf"), "--addr", "127.0.0.1"];
  const child = spawn(binary, [...options, "--port", `${port}`], { env, stdio: "ignore" });
  onTestFinished(() => stopChild(child, "SIGKILL", 5_000));
  await eventually(() => portAnswers(port));
  for (const name of NATS_PROCESSES) {
    const seed = env[`NATS_${name.toUpperCase()}_SEED`];
    const connection = await connectNats(`nats://${seed}@127.0.0.1:${port}`, name);
    await connection.close();
  }
  const { seed } = newNatsKey();
  const stranger = connectNats(`nats://${seed}@127.0.0.1:${port}`);
  await expect(stranger).rejects.toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
});
