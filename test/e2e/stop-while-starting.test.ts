import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "@geomesh/testing/free-port";
import { createTestCallers } from "@geomesh/testing/test-callers";
import { expect, onTestFinished, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
/** Far below the 8 s after which a stop is given up. */
const STOP_MS_MAX = 3_000;

test.each(["auth", "metering"])(
  "%s that waits for its database stops cleanly and at once",
  async (name) => {
    const url = `postgres://${name}:hidden@127.0.0.1:${await freePort()}/${name}`;
    const main = fileURLToPath(new URL(`services/${name}/src/main.ts`, ROOT));
    const callers = createTestCallers();
    onTestFinished(() => callers.remove());
    const child = spawn(process.execPath, [main], {
      env: {
        [`${name.toUpperCase()}_DATABASE_URL`]: url,
        [`${name.toUpperCase()}_CALLERS_FILE`]: callers.file,
        AUTH_TOKEN_FILE: callers.tokenFileOf("metering"),
        AUTH_ADDRESS: `unix:${callers.file}.sock`,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "close");
    const log: string[] = [];
    let signalledAtMs = 0;
    for await (const line of createInterface(child.stdout)) {
      log.push(line);
      if (line.includes("waiting for the database")) {
        signalledAtMs = performance.now();
        child.kill("SIGTERM");
      }
    }
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - signalledAtMs).toBeLessThan(STOP_MS_MAX);
    expect(log.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
  },
  30_000,
);
