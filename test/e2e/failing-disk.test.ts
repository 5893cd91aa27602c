import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { ask, countedUnits, createCustomer } from "../support/api.ts";
import { startTestMesh } from "../support/mesh.ts";

const FAILING_DISK = fileURLToPath(new URL("../support/failing-disk.mjs", import.meta.url));
const WAIT = { deadlineMs: 30_000 };

test.each([1, 2])(
  "a sync that fails once ends the process; started again it serves, and all that was answered is billed (%i workers)",
  async (workers) => {
    const dir = mkdtempSync(path.join(tmpdir(), "geomesh-disk-"));
    const failNext = path.join(dir, "fail-next-sync");
    const mesh = await startTestMesh({
      NODE_OPTIONS: `--import ${FAILING_DISK}`,
      FAIL_SYNC_FILE: failNext,
      GATEWAY_WORKERS: `${workers}`,
    });
    onTestFinished(async () => {
      await mesh.close();
      rmSync(dir, { recursive: true });
    });
    const { key } = await createCustomer(mesh, { quota_mode: "SOFT" });
    let answered = 0;
    const lookup = async () => {
      const { status } = await ask(mesh, "/v1/locations/8.8.8.8", { key });
      if (status === 200) answered += 1;
      return status;
    };
    await eventually(async () => expect(await lookup()).toBe(200), WAIT);
    const { gateway } = mesh.pids();

    writeFileSync(failNext, "");
    await eventually(async () => {
      await lookup();
      expect(existsSync(failNext)).toBe(false);
    }, WAIT);
    const restarted = async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${mesh.opsPort}/metrics`)).text();
      expect(metrics).toMatch(/^gateway_worker_restarts_total\{.*\} 1$/m);
    };
    // Of one process a supervisor outside starts the next; of several the gateway itself does.
    if (workers === 1) await eventually(() => expect(mesh.pids().gateway).not.toBe(gateway), WAIT);
    else await eventually(restarted, WAIT);
    await eventually(async () => {
      const { status } = await fetch(`http://127.0.0.1:${mesh.opsPort}/readyz`);
      expect(status).toBe(200);
    }, WAIT);
    for (let i = 0; i < 20; i++) expect(await lookup()).toBe(200);
    await eventually(async () => expect(await countedUnits(mesh, key)).toBe(answered), WAIT);
  },
  120_000,
);
