import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const LOCK = JSON.stringify(fileURLToPath(new URL("install-lock.mjs", import.meta.url)));
/** Most bytes of a socket's name. An older Node, such as 20, uses all, with zeros after the name that it is given. */
const NAME_BYTES = 108;

/** A command that installs, by this script, in a process of its own. */
function installing(script: string) {
  const code = `import { withInstallLock } from ${LOCK}; await withInstallLock(async () => { ${script} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

test("a second command waits for the first to install and says so, also where the first is killed", async () => {
  const first = installing(
    'console.log("installing"); await new Promise(() => setInterval(() => {}, 1e6))',
  );
  await once(first.stdout, "data");
  const second = installing('console.log("installed")');
  const out = text(second.stdout);
  const [said] = await once(second.stderr, "data");
  expect(`${said}`).toBe("Waiting for another command to install …\n");
  first.kill("SIGKILL");
  const [code] = await once(second, "exit");
  expect([code, await out]).toEqual([0, "installed\n"]);
});

test("a command that an older Node runs keeps the lock from this one", async () => {
  const checkout = mkdtempSync(join(tmpdir(), "geomesh-lock-"));
  onTestFinished(() => rmSync(checkout, { recursive: true }));
  const copy = join(checkout, "packages/tasks/bootstrap");
  cpSync(import.meta.dirname, copy, { recursive: true });
  const { withInstallLock } = await import(pathToFileURL(join(copy, "install-lock.mjs")).href);
  const { dev, ino } = statSync(checkout);
  const path = `\0geomesh-install-${dev}-${ino}`.padEnd(NAME_BYTES, "\0");
  const holder = createServer().listen({ path });
  await once(holder, "listening");

  const seen: string[] = [];
  const ended = withInstallLock(async () => void seen.push("installed"));
  // Whoever can have the lock has it within so many turns of the event loop.
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  seen.push("released");
  holder.close();
  await ended;
  expect(seen).toEqual(["released", "installed"]);
});
