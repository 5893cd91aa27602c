import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const LOCK = JSON.stringify(fileURLToPath(new URL("install-lock.mjs", import.meta.url)));

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
