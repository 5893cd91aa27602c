import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PORT_NAMES, readLauncherConfig } from "@geomesh/launcher/config";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { isWellFormedApiKey } from "@geomesh/terms/api-key";
import { eventually } from "@geomesh/testing/eventually";
import { Client } from "pg";
import { expect } from "vitest";
import { ask, countedUnits, type Reachable } from "../support/api.ts";
import { type Expectation, readGuide } from "../support/guide.ts";
import { codeBlocks, codesIn, tableRows } from "../support/markdown.ts";
import type { Mesh } from "../support/mesh.ts";
import { ShellSession } from "../support/shell.ts";

const READY_MS_MAX = 60_000;
const REPORT_MS_MAX = 240_000;
const LONDON = "/v1/locations/81.2.69.142";
const PASSWORD = "a-password-of-this-test";
const GUIDE = readGuide("docs/operations.md");

/** A reader of docs/operations.md, with ports and directories of its own instead of the default ones. */
export class Operator {
  readonly #here = mkdtempSync(path.join(tmpdir(), "geomesh-operator-"));
  readonly #ports: Readonly<Record<string, string>>;
  readonly session: ShellSession;

  private constructor(ports: Readonly<Record<string, string>>) {
    this.#ports = ports;
    // PostgreSQL runs as another user where the reader is root.
    chmodSync(this.#here, 0o711);
    const root = fileURLToPath(new URL("../..", import.meta.url));
    this.session = new ShellSession({ cwd: root, env: ports });
  }

  static async start(): Promise<Operator> {
    const { DATA_DIR = "", ...ports } = await meshEnvironment();
    rmSync(DATA_DIR, { recursive: true });
    const operator = new Operator(ports);
    // Every `npm` of the guide runs until Ctrl-C. What an earlier one wrote is gone before the next starts.
    const log = `'${operator.#here}/npm.log'`;
    await operator.session.run(`npm() { : >${log}; command npm "$@" >>${log} 2>&1 & STARTED=$!; }`);
    return operator;
  }

  rewrite(code: string): string {
    return code
      .replaceAll(/(?<= |=)(?=\.data|geomesh\.tar)/g, `${this.#here}/`)
      .replaceAll(/\b([A-Z_]+_PORT)=\d+/g, (_, name) => `${name}=${this.#ports[name]}`);
  }

  /** Resolves once the mesh that a block started is ready, with how it is reached. */
  async ready(dataDir: string): Promise<Reachable> {
    const said = () => readFileSync(path.join(this.#here, "npm.log"), "utf8");
    await eventually(() => expect(said()).toContain("Ctrl-C stops it."), {
      deadlineMs: READY_MS_MAX,
    });
    const file = path.join(this.#here, dataDir, "credentials.json");
    const { base_url, demo_key } = JSON.parse(readFileSync(file, "utf8"));
    return { baseUrl: base_url, demoKey: demo_key };
  }

  /** Stops the mesh, as Ctrl-C does, and gives its data directory the name of the default one. */
  async stop(dataDir: string): Promise<void> {
    await this.session.run("kill $STARTED; wait $STARTED || true");
    renameSync(path.join(this.#here, dataDir), path.join(this.#here, ".data"));
  }

  /** The names of a process's own metrics, without those of any Node process. */
  async metrics(process: string): Promise<string[]> {
    const port = this.#ports[`${process.toUpperCase()}_OPS_PORT`];
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name = ""]) => name).filter(
      (name) => !/^(nodejs|process)_/.test(name),
    );
  }

  /** A superuser of the PostgreSQL that the mesh runs. */
  databaseUrl(dataDir: string): string {
    const file = path.join(this.#here, dataDir, "passwords.json");
    const { superuser } = JSON.parse(readFileSync(file, "utf8"));
    return `postgres://postgres:${superuser}@127.0.0.1:${this.#ports["POSTGRES_PORT"]}/postgres`;
  }

  /** Ends the mesh that runs, too. */
  async close(): Promise<void> {
    await this.session.run("kill $STARTED; wait $STARTED || true").catch(() => undefined);
    this.session.close();
    rmSync(this.#here, { recursive: true, force: true });
  }
}

/** What docs/operations.md promises of each of its blocks. */
export function operationsExpectations(mesh: () => Mesh, operator: () => Operator): Expectation[] {
  return [
    {
      section: "On one machine: `npm start`",
      timeoutMs: READY_MS_MAX,
      check: async () => {
        expectOtherPorts();
        const second = await operator().ready(".data-b");
        for (const each of [mesh(), second]) {
          expect(await ask(each, LONDON)).toMatchObject({ status: 200 });
        }
        expect(await ask(second, LONDON, { key: mesh().demoKey })).toMatchObject({ status: 401 });
      },
    },
    {
      section: "Settings",
      check: ({ stdout }) => {
        expect(stdout).toContain("GATEWAY_PORT=");
        expect(stdout).toContain("NATS_URL=[secret]");
      },
    },
    {
      section: "Administrators",
      check: ({ stdout }) => expect(isWellFormedApiKey(stdout.trim())).toBe(true),
    },
    {
      section: "Users of NATS",
      check: ({ stdout }) => {
        const made = [...stdout.matchAll(/^NATS_(\w+)_SEED=SU\w{56}\nNATS_\1_USER=U\w{55}$/gm)];
        expect(made.map(([, name]) => name)).toEqual(["GATEWAY", "GEO", "AUTH", "METERING"]);
      },
    },
    { section: "Backup", before: () => operator().stop(".data-b") },
    {
      section: "Backup",
      timeoutMs: READY_MS_MAX,
      check: async () => {
        const restored = await operator().ready(".data-restored");
        expect(await ask(restored, LONDON)).toMatchObject({ status: 200 });
        // That of before the backup and this one.
        await eventually(async () =>
          expect(await countedUnits(restored, restored.demoKey)).toBe(2),
        );
      },
    },
    {
      section: "Why an answer is as it is",
      timeoutMs: READY_MS_MAX,
      check: ({ stdout }) => {
        expect(stdout).toMatch(/^\{"ip_address":"81\.2\.69\.142",.*"country_code":"GB"/m);
        expect(stdout).toMatch(/^country_code +GB +GeoLite2-City\.mmdb 81\.2\.69\.\d+\/\d+$/m);
      },
    },
    {
      section: "How good the data are",
      timeoutMs: REPORT_MS_MAX,
      check: ({ stdout }) => {
        const file = stdout.trim().split("\n").at(-1) ?? "";
        expect(readFileSync(file, "utf8")).toContain("GeoLite2-City.mmdb");
      },
    },
    { section: "Containers", notRun: "it needs a container engine" },
  ];
}

/** The first block sets every port of a mesh, to another one than by default. */
function expectOtherPorts(): void {
  const [block] = codeBlocks(GUIDE).filter(({ language }) => language === "sh");
  const assignments = (block?.code.match(/\w+=\S+/g) ?? []).map((each) => each.split("="));
  const given = readLauncherConfig(Object.fromEntries(assignments));
  const usual = readLauncherConfig({});
  expect(given.dataDir).not.toBe(usual.dataDir);
  for (const name of PORT_NAMES) expect(given.ports[name], name).not.toBe(usual.ports[name]);
}

/** The guide lists every metric of every process, and no other. */
export async function expectMetrics(operator: Operator): Promise<void> {
  const documented = tableRows(GUIDE, "Metrics").flatMap(([names = "", processes = ""]) =>
    processes.split(", ").flatMap((process) => codesIn(names).map((name) => `${process} ${name}`)),
  );
  const told = await Promise.all(
    ["gateway", "geo", "auth", "metering"].map(async (process) =>
      (await operator.metrics(process)).map((name) => `${process} ${name}`),
    ),
  );
  expect(documented.toSorted()).toEqual(told.flat().toSorted());
}

/** The statements of the guide, with and without an owner beside the role, make a database that no other role opens. */
export async function expectSeparateDatabase(superuserUrl: string): Promise<void> {
  const blocks = codeBlocks(GUIDE).filter(({ language }) => language === "sql");
  expect(blocks).toHaveLength(2);
  const code = blocks.map((block, index) => block.code.replaceAll("auth", `reader${index}`));
  const statements = code.join("\n").replaceAll("…", PASSWORD);
  const superuser = new Client({ connectionString: superuserUrl });
  await superuser.connect();
  try {
    for (const statement of statements.trim().split("\n")) await superuser.query(statement);
    await superuser.query(`CREATE ROLE stranger LOGIN PASSWORD '${PASSWORD}'`);
  } finally {
    await superuser.end();
  }
  for (const [role, database] of [
    ["reader0", "reader0"],
    ["reader1", "reader1"],
    ["reader1_owner", "reader1"],
  ] as const) {
    await connectAs(role, superuserUrl, database);
    const strange = connectAs("stranger", superuserUrl, database);
    await expect(strange).rejects.toThrow(/permission denied/);
  }
}

async function connectAs(role: string, superuserUrl: string, database: string): Promise<void> {
  const { host } = new URL(superuserUrl);
  const client = new Client({
    connectionString: `postgres://${role}:${PASSWORD}@${host}/${database}`,
  });
  await client.connect();
  await client.end();
}
