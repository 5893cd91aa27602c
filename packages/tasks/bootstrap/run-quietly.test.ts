import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const WAIT = { timeout: 15_000 };

const moduleOf = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));

/** A set-up step in a process of its own: it runs `script` by Node, and ends as the bootstrap does. */
function step(script: string) {
  const outer = `
    import { runQuietly } from ${moduleOf("run-quietly.mjs")};
    import { Interrupted } from ${moduleOf("setup-error.mjs")};
    const options = { label: "Installing", progress: () => "1 of 2 packages", stopSignal: "SIGKILL" };
    try {
      const { code, said } = await runQuietly(process.execPath, ["-e", ${JSON.stringify(script)}], options);
      console.log(JSON.stringify({ code, said }));
    } catch (error) {
      process.exit(error instanceof Interrupted ? 130 : 1);
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", outer], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, out: text(child.stdout), err: text(child.stderr) };
}

const childrenOf = (pid = 0) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .split(" ")
    .filter((each) => each !== "");

test("a step says what it does and how far it is, and keeps what its command said", async () => {
  const { child, out, err } = step("console.log('inside'); process.exitCode = 3");
  await once(child, "exit");
  expect(JSON.parse(await out)).toEqual({ code: 3, said: "inside\n" });
  expect(await err).toMatch(/^Installing … 1 of 2 packages\n/);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends a step within 2 s, with its command, quietly",
  async (signal) => {
    // It does not end by these signals itself.
    const { child, out, err } = step(
      "for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => {}); setInterval(() => {}, 1e6)",
    );
    await once(child.stderr, "data");
    await expect.poll(() => childrenOf(child.pid), WAIT).toHaveLength(1);
    const [inner] = childrenOf(child.pid);
    const startedAtMs = performance.now();
    child.kill(signal);
    const [code] = await once(child, "exit");
    expect(code).toBe(130);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
    expect(await out).toBe("");
    expect(await err).not.toMatch(/Error|ended|ci/);
    await expect.poll(() => existsSync(`/proc/${inner}`), WAIT).toBe(false);
  },
);
