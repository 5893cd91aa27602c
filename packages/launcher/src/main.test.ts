import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env, execPath, kill } from "node:process";
import { fileURLToPath } from "node:url";
import { databaseUrl } from "@geomesh/servers/postgres";
import { eventually } from "@geomesh/testing/eventually";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPid } from "./supervisor/pid-file.ts";
import { Launched } from "./testing/launched.ts";
import { meshEnvironment } from "./testing/mesh-environment.ts";

const STOP = fileURLToPath(new URL("stop.ts", import.meta.url));
const names = ["auth", "gateway", "geo", "metering", "nats", "postgres"];
const meshMsMax = 90_000;

let environment: Record<string, string>;
let dataDir: string;
let mesh: Launched;

beforeAll(async () => {
  environment = await meshEnvironment();
  dataDir = environment["DATA_DIR"] ?? "";
  mesh = new Launched(environment);
  await mesh.ready();
}, meshMsMax);
afterAll(async () => {
  mesh.signal("SIGTERM");
  await mesh.status;
  rmSync(dataDir, { recursive: true });
});

const pidOf = (name: string) => readPid(join(dataDir, "run", `${name}.pid`));
const isThere = (pid: number | undefined) => pid !== undefined && existsSync(`/proc/${pid}`);
const credentials = () => JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8"));

const readPasswords = () => JSON.parse(readFileSync(join(dataDir, "passwords.json"), "utf8"));
const authUrl = (role: string, password: string) =>
  databaseUrl(role, password, Number(environment["POSTGRES_PORT"]), "auth");

/** Who owns auth's database and what is in it. */
async function ownersOfAuth(): Promise<unknown[]> {
  const session = await postgresSessionForTest(authUrl("postgres", readPasswords().superuser));
  const { rows } = await session.run(`
    SELECT DISTINCT owner::regrole::text FROM (
      SELECT relowner FROM pg_class WHERE relnamespace = 'public'::regnamespace
      UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      UNION ALL SELECT datdba FROM pg_database WHERE datname = current_database()
    ) AS owned (owner)`);
  return rows.map(({ owner }) => owner);
}

test("the ready block tells the age of the data, and no start of a test asks a registry", () => {
  expect(mesh.stdout).toMatch(/^ {2}Data {15}GeoLite2-City of 20\d\d-\d\d-\d\d \(\d+ days old\)/m);
  expect(mesh.stdout).not.toContain("Updates");
});

test("the ready block names what credentials.json holds, which only this user may read", () => {
  const { base_url, account_id, demo_key, admin_key } = credentials();
  expect(base_url).toBe(`http://127.0.0.1:${environment["GATEWAY_PORT"]}`);
  for (const shown of [base_url, demo_key, admin_key]) expect(mesh.stdout).toContain(shown);
  expect(account_id).toBeTypeOf("string");
  expect(statSync(join(dataDir, "credentials.json")).mode & 0o777).toBe(0o600);
});

test("the printed curl line, pasted, answers with a real place", () => {
  const line = /^ {2}(curl .*)$/m.exec(mesh.stdout)?.[1] ?? "";
  const answer = JSON.parse(
    execFileSync("sh", ["-c", `${line} --silent --fail`], { encoding: "utf8" }),
  );
  expect(answer).toMatchObject({ ip_address: "81.2.69.142", country_code: "GB" });
});

test("every process has a pid file that names it", () => {
  expect(names.filter((name) => isThere(pidOf(name)))).toEqual(names);
});

test("a second launcher on the same data directory is refused in one sentence", async () => {
  const second = new Launched({ ...(await meshEnvironment()), DATA_DIR: dataDir });
  expect(await second.status).toBe(1);
  expect(second.stderr).toMatch(
    /^Another mesh runs in DATA_DIR \S+: stop it, or set DATA_DIR to [^\n]+\n$/,
  );
});

test("a second mesh with the same ports is told which are taken, and starts nothing", async () => {
  const { DATA_DIR = "" } = await meshEnvironment();
  const second = new Launched({ ...environment, DATA_DIR });
  expect(await second.status).toBe(1);
  const { GATEWAY_PORT, NATS_PORT } = environment;
  expect(second.stderr).toContain(`Port ${GATEWAY_PORT} (GATEWAY_PORT) is taken`);
  expect(second.stderr).toContain(`Port ${NATS_PORT} (NATS_PORT) is taken`);
  expect(readdirSync(join(DATA_DIR, "run"))).toEqual([]);
  rmSync(DATA_DIR, { recursive: true });
});

test.each(names)(
  "%s comes back after kill -9, and the terminal says so",
  async (name) => {
    const before = pidOf(name) ?? 0;
    kill(before, "SIGKILL");
    await eventually(() => expect(mesh.stderr).toContain(`${name} is back.`), {
      deadlineMs: 30_000,
    });
    expect(mesh.stderr).toContain(`${name} ended (SIGKILL)`);
    expect(pidOf(name)).not.toBe(before);
    expect(isThere(pidOf(name))).toBe(true);
  },
  meshMsMax,
);

test(
  "npm stop ends the mesh of its data directory, and says where there is none",
  async () => {
    const others = await meshEnvironment();
    const other = new Launched(others);
    await other.ready();
    const stop = (dir: string) =>
      spawnSync(execPath, [STOP], { env: { ...env, DATA_DIR: dir }, encoding: "utf8" });
    const otherDir = others["DATA_DIR"] ?? "";
    expect(stop(otherDir)).toMatchObject({ status: 0, stderr: "Stopped.\n" });
    expect(await other.status).toBe(0);
    expect(stop(otherDir)).toMatchObject({
      status: 0,
      stderr: `No mesh runs in DATA_DIR ${otherDir}.\n`,
    });
    rmSync(otherDir, { recursive: true });
  },
  meshMsMax,
);

test("a data directory of before auth's tables had an owner of their own can be told from another", async () => {
  const { superuser, ...rest } = readPasswords();
  const session = await postgresSessionForTest(authUrl("postgres", superuser));
  await session.run("REASSIGN OWNED BY auth_owner TO auth");
  await session.run("DROP OWNED BY auth_owner");
  await session.run("DROP ROLE auth_owner");
  const { auth, metering } = rest;
  writeFileSync(join(dataDir, "passwords.json"), JSON.stringify({ superuser, auth, metering }));
  expect(await ownersOfAuth()).toEqual(["auth"]);
});

test(
  "Ctrl-C, and npm's copy of it, end everything within 10 s with status 0",
  async () => {
    const pids = names.map(pidOf);
    const startedAtMs = performance.now();
    mesh.signal("SIGINT");
    mesh.signal("SIGINT");
    expect(await mesh.status).toBe(0);
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    expect(pids.filter(isThere)).toEqual([]);
    expect(readdirSync(join(dataDir, "run"))).toEqual([]);
  },
  meshMsMax,
);

test(
  "started again the mesh has its keys, and nothing outlives a launcher that is killed",
  async () => {
    const before = credentials();
    mesh = new Launched(environment);
    await mesh.ready();
    expect(credentials()).toEqual(before);
    expect(await ownersOfAuth()).toEqual(["auth_owner"]);
    const pids = names.map(pidOf);
    mesh.signal("SIGKILL");
    await mesh.status;
    await eventually(() => expect(pids.filter(isThere)).toEqual([]), { deadlineMs: 15_000 });
  },
  meshMsMax,
);

test(
  "pid files of a killed launcher do not keep the next one from starting",
  async () => {
    mesh = new Launched(environment);
    await mesh.ready();
    expect(names.filter((name) => isThere(pidOf(name)))).toEqual(names);
  },
  meshMsMax,
);
