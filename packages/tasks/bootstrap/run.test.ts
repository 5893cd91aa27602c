import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const runModule = fileURLToPath(new URL("run.mjs", import.meta.url));

/** A process that runs `script` by Node in the foreground and ends like it. */
function foreground(script: string) {
  const outer = `
    import { endLike, runForeground } from ${JSON.stringify(runModule)};
    endLike(await runForeground(process.execPath, ["-e", ${JSON.stringify(script)}], {}));`;
  return spawn(process.execPath, ["--input-type=module", "-e", outer], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("the exit status of the command is that of the script", async () => {
  const [code] = await once(foreground("process.exit(7)"), "exit");
  expect(code).toBe(7);
});

test("a command that a signal ended shows as ended by that signal", async () => {
  const [, signal] = await once(foreground("process.kill(process.pid, 'SIGTERM')"), "exit");
  expect(signal).toBe("SIGTERM");
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s reaches the command, which ends in its own way",
  async (signal) => {
    const script = `process.on("${signal}", () => process.exit(5)); setInterval(() => {}, 1e6); console.log("up")`;
    const child = foreground(script);
    await once(child.stdout, "data");
    child.kill(signal);
    const [code] = await once(child, "exit");
    expect(code).toBe(5);
  },
);
