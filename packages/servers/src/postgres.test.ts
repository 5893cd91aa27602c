import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { createTestClock } from "@geomesh/testing/test-clock";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { hasEnded, stopChild } from "./child.ts";
import {
  type Cluster,
  databaseUrl,
  ensureDatabases,
  initCluster,
  postgresAnswers,
  spawnPostgres,
  superuserUrl,
} from "./postgres.ts";
import { findPostgres } from "./postgres-binaries.ts";
import { untilOrphansEnd } from "./postgres-orphans.ts";
import { asNobody, type Identity, unprivileged } from "./run-as.ts";

const uid = process.getuid?.() ?? 1;
const password = "p@ss/w:rd";

async function newCluster(identity: Identity): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), "geomesh-cluster-"));
  chmodSync(dir, 0o711);
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const binaries = findPostgres(process.platform, process.arch);
  const cluster = { binaries, identity, dataDir: join(dir, "data"), password };
  await initCluster(cluster);
  return cluster;
}

async function start(cluster: Cluster) {
  const port = await freePort();
  const child = spawnPostgres(cluster, port, { stdio: "ignore" });
  onTestFinished(() => stopChild(child, "SIGINT", 5_000));
  const url = superuserUrl(port, password);
  await eventually(() => postgresAnswers(url), { deadlineMs: 15_000 });
  return { port, url, child };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => "a query under way is rejected as well");
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const identities: [string, Identity][] = [["the caller's identity", unprivileged(uid)]];
if (uid === 0) identities.push(["nobody, for root without user namespaces", asNobody()]);

test.each(identities)(
  "a cluster is made once, serves, and ends in order: %s",
  async (_, identity) => {
    const cluster = await newCluster(identity);
    await initCluster(cluster);
    const { url, child } = await start(cluster);
    expect(await query(url, "select current_user as me")).toEqual([{ me: "postgres" }]);
    await stopChild(child, "SIGINT", 5_000);
    expect(child.exitCode).toBe(0);
    expect(existsSync(join(cluster.dataDir, "postmaster.pid"))).toBe(false);
    expect(readdirSync(join(cluster.dataDir, ".."))).toEqual(["data"]);
  },
);

test("a data directory stays usable when root comes to run it as somebody else, and back again", async () => {
  const cluster = await newCluster(unprivileged(uid));
  for (const [, identity] of [...identities, ...identities]) {
    const { url, child } = await start({ ...cluster, identity });
    expect(await query(url, "select 1 as one")).toEqual([{ one: 1 }]);
    await stopChild(child, "SIGINT", 5_000);
  }
});

test("a killed server starts again, even where its process id belongs to another program by now", async () => {
  const cluster = await newCluster(unprivileged(uid));
  const { child } = await start(cluster);
  await stopChild(child, "SIGKILL", 5_000);
  const lockFile = join(cluster.dataDir, "postmaster.pid");
  const [, ...rest] = readFileSync(lockFile, "utf8").split("\n");
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  onTestFinished(() => stopChild(stranger, "SIGKILL", 5_000));
  writeFileSync(lockFile, [stranger.pid, ...rest].join("\n"));
  await untilOrphansEnd(cluster.dataDir);
  const { url } = await start(cluster);
  expect(await query(url, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a killed server starts once the query that it was killed under has ended", async () => {
  const cluster = await newCluster(unprivileged(uid));
  const { url, child } = await start(cluster);
  // It computes, and so does not see that its server is gone.
  const lost = query(url, "select sum(i) from generate_series(1, 3000000) i").catch(
    () => "its server was killed",
  );
  await eventually(async () => {
    const active = "select 1 from pg_stat_activity where query like '%sum(i) from%'";
    return (await query(url, active)).length > 1;
  });
  await stopChild(child, "SIGKILL", 5_000);
  await untilOrphansEnd(cluster.dataDir);
  const again = await start(cluster);
  expect(await query(again.url, "select 1 as one")).toEqual([{ one: 1 }]);
  await lost;
});

test("the wait for what works in a directory ends with its signal, and after 10 s", async () => {
  const cluster = await newCluster(unprivileged(uid));
  await start(cluster);
  await untilOrphansEnd(cluster.dataDir, { signal: AbortSignal.abort() });
  const clock = createTestClock();
  let looks = 0;
  const monotonicMs = () => {
    looks += 1;
    return clock.monotonicMs();
  };
  let hasWaited = false;
  const waiting = untilOrphansEnd(cluster.dataDir, { clock: { ...clock, monotonicMs } }).then(
    () => {
      hasWaited = true;
    },
  );
  clock.advance(9_999);
  await eventually(() => looks > 5);
  expect(hasWaited).toBe(false);
  clock.advance(1);
  await waiting;
});

test("a wrong password does not come in", async () => {
  const { port } = await start(await newCluster(unprivileged(uid)));
  expect(await postgresAnswers(superuserUrl(port, "wrong"))).toBe(false);
});

test("each role has a database of its own and cannot open another's, however often they are ensured", async () => {
  const { port, url } = await start(await newCluster(unprivileged(uid)));
  const owners = (authPassword: string) => [
    { role: "auth", password: authPassword },
    { role: "metering", password: "m'm" },
  ];
  await ensureDatabases(url, owners("old"));
  await ensureDatabases(url, owners("new"));
  await query(databaseUrl("auth", "new", port, "auth"), "create table private (secret text)");
  await expect(query(databaseUrl("auth", "old", port, "auth"), "")).rejects.toThrow("password");
  await expect(query(databaseUrl("metering", "m'm", port, "auth"), "")).rejects.toThrow(
    "permission denied for database",
  );
});

test("a database can have an owner beside the role that works in it, which takes over what that role owned before", async () => {
  const { port, url } = await start(await newCluster(unprivileged(uid)));
  const auth = { role: "auth", password: "a" };
  const asAuth = databaseUrl("auth", "a", port, "auth");
  const asOwner = databaseUrl("auth_owner", "o", port, "auth");
  await ensureDatabases(url, [auth]);
  await query(asAuth, "create table events (event text)");
  const owned = { ...auth, owner: { role: "auth_owner", password: "o" } };
  for (let times = 0; times < 2; times += 1) {
    await ensureDatabases(url, [owned, { role: "metering", password: "m" }]);
    await query(asOwner, "alter table events add column if not exists more text");
    for (const statement of ["alter table events add column x text", "create table other ()"]) {
      await expect(query(asAuth, statement)).rejects.toThrow(/must be owner|permission denied/);
    }
    expect(await query(asAuth, "select 1 as one")).toEqual([{ one: 1 }]);
    await expect(query(databaseUrl("metering", "m", port, "auth"), "")).rejects.toThrow(
      "permission denied for database",
    );
  }
});

test("a second server on the same data directory ends, and the first continues", async () => {
  const cluster = await newCluster(unprivileged(uid));
  const { port } = await start(cluster);
  const second = spawnPostgres(cluster, await freePort(), { stdio: "ignore" });
  await eventually(() => hasEnded(second));
  expect(second.exitCode).toBe(1);
  expect(await postgresAnswers(superuserUrl(port, password))).toBe(true);
});

test("initdb that is given up ends with all that it started, and says nothing", async () => {
  const dir = mkdtempSync(join(tmpdir(), "geomesh-cluster-"));
  chmodSync(dir, 0o711);
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const binaries = findPostgres(process.platform, process.arch);
  const dataDir = join(dir, "data");
  const giveUp = new AbortController();
  const making = initCluster(
    { binaries, identity: unprivileged(uid), dataDir, password },
    giveUp.signal,
  );
  await eventually(() => existsSync(join(dataDir, "PG_VERSION")));
  giveUp.abort(new Error("given up"));
  await expect(making).rejects.toThrow("given up");
  expect(processesNaming(dataDir)).toEqual([]);
});

function processesNaming(word: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word);
    } catch {
      return false;
    }
  });
}
