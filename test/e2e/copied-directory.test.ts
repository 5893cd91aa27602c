import { cpSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Replica, replicaOf } from "../chaos/processes.ts";
import { ask, countedUnits, createCustomer } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const SLOW = { deadlineMs: 30_000 };
const MAY_RUN_ELSEWHERE = "this gateway may run elsewhere too";

let mesh: TestMesh;
const replicas: Replica[] = [];
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(async () => {
  await Promise.all(replicas.map(({ child }) => child.close()));
  await mesh.close();
});

/** One more gateway, on a copy of a directory, which may be in use. It is not started. */
async function gatewayOf(name: string, copied?: Replica): Promise<Replica> {
  const more = { GATEWAY_LAME_DUCK_MS: "0" };
  const gateway = await replicaOf({ mesh, kind: "gateway", name, more });
  replicas.push(gateway);
  if (copied === undefined) return gateway;
  rmSync(gateway.dataDir, { recursive: true });
  cpSync(copied.dataDir, gateway.dataDir, { recursive: true });
  return gateway;
}

async function lookup({ port }: Replica, key: string): Promise<string> {
  const at = { baseUrl: `http://127.0.0.1:${port}`, demoKey: key };
  const { status, json } = await ask(at, "/v1/locations/8.8.8.8");
  return status === 200 ? "200" : `${status} ${json.code}`;
}

async function readyz({ opsPort }: Replica) {
  const response = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
  return { status: response.status, text: await response.text() };
}

const logOf = ({ name }: Replica) =>
  readFileSync(path.join(mesh.dataDir, "log", `${name}.log`), "utf8");

/** Asks until it is stopped, four at a time; then answers how often each answer came. */
function ask4(gateway: Replica, key: string) {
  const seen: Record<string, number> = {};
  let isOver = false;
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const answer = await lookup(gateway, key);
      seen[answer] = (seen[answer] ?? 0) + 1;
    }
  });
  return {
    answered: () => seen["200"] ?? 0,
    async stop() {
      isOver = true;
      await Promise.all(asking);
      return seen;
    },
  };
}

const billed = (key: string, units: number) =>
  eventually(async () => expect(await countedUnits(mesh, key)).toBe(units), SLOW);

test("a copy of a living gateway's directory is refused by name; one that was moved serves after 6 s", async () => {
  const { key } = await createCustomer(mesh);
  const original = await gatewayOf("original");
  await original.child.start();
  await eventually(async () => expect(await lookup(original, key)).toBe("200"), SLOW);
  const load = ask4(original, key);
  await eventually(() => expect(load.answered()).toBeGreaterThan(100), SLOW);

  const copy = await gatewayOf("copy", original);
  // It does not become ready.
  void copy.child.start().catch(() => undefined);
  await eventually(
    async () => expect((await readyz(copy)).text).toContain("directory_copied"),
    SLOW,
  );
  expect(await readyz(copy)).toMatchObject({ status: 503 });
  const [, gatewayId = "?"] = /"gateway_id":"(gw_\w+)"/.exec(logOf(copy)) ?? [];
  expect(logOf(copy)).toContain(`gateway ${gatewayId} runs elsewhere`);
  await eventually(async () => expect(await lookup(copy, key)).toBe("503 unavailable"));
  const before = load.answered();
  await eventually(() => expect(load.answered()).toBeGreaterThan(before + 200), SLOW);
  expect(await readyz(original)).toMatchObject({ status: 200 });
  const seen = await load.stop();
  expect(Object.keys(seen)).toEqual(["200"]);
  let answered = load.answered() + 1;
  await billed(key, answered);
  await copy.child.close();

  // The last requests are not published yet when it is killed.
  for (let i = 0; i < 20; i++) expect(await lookup(original, key)).toBe("200");
  process.kill(original.child.pid ?? 0, "SIGKILL");
  await original.child.close();
  const killedAtMs = performance.now();
  const moved = await gatewayOf("moved", original);
  await moved.child.start();
  expect(performance.now() - killedAtMs).toBeGreaterThan(6_000);
  expect(logOf(moved)).toContain(MAY_RUN_ELSEWHERE);
  await eventually(async () => expect(await lookup(moved, key)).toBe("200"), SLOW);
  answered += 21;
  await billed(key, answered);

  // One that has left is waited for by nobody.
  await moved.child.stop();
  const again = await gatewayOf("again", moved);
  await again.child.start();
  expect(logOf(again)).not.toContain(MAY_RUN_ELSEWHERE);
  await eventually(async () => expect(await lookup(again, key)).toBe("200"), SLOW);
  await billed(key, answered + 1);
}, 120_000);
