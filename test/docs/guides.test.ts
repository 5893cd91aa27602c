import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readGuide, testGuide } from "../support/guide.ts";
import { codeBlocks } from "../support/markdown.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";
import { ShellSession } from "../support/shell.ts";
import { apiExpectations } from "./api-guide.ts";
import { clientsExpectations, expectNamesOfTheContract, rewriteClients } from "./clients-guide.ts";
import { CONTRACTS_EXPECTATIONS } from "./contracts-guide.ts";
import {
  expectMetrics,
  expectSeparateDatabase,
  Operator,
  operationsExpectations,
} from "./operations-guide.ts";
import { README_EXPECTATIONS } from "./readme.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let mesh: TestMesh;
let readers: Readonly<Record<"readme" | "api" | "contracts" | "clients", ShellSession>>;
let operator: Operator;
/** Where `.data` is the data directory of the mesh, as it is in the repository for a reader. */
const HERE = mkdtempSync(path.join(tmpdir(), "geomesh-docs-"));
/** The directory of somebody who has no checkout. */
const CLIENT = mkdtempSync(path.join(tmpdir(), "geomesh-client-"));

beforeAll(async () => {
  mesh = await startTestMesh();
  symlinkSync(mesh.dataDir, path.join(HERE, ".data"));
  const reader = () => new ShellSession({ cwd: HERE });
  const clients = new ShellSession({ cwd: CLIENT });
  readers = { readme: reader(), api: reader(), contracts: reader(), clients };
  operator = await Operator.start();
}, 60_000);

afterAll(async () => {
  for (const reader of Object.values(readers ?? {})) reader.close();
  await operator?.close();
  for (const dir of [HERE, CLIENT]) rmSync(dir, { recursive: true, force: true });
  await mesh?.close();
});

/** Points at the mesh of this test instead of the default ports. */
function rewrite(code: string): string {
  return code
    .replaceAll("http://localhost:8080", mesh.baseUrl)
    .replaceAll("http://localhost:50051", `http://${mesh.addresses.geo}`)
    .replaceAll("http://localhost:50052", `http://${mesh.addresses.auth}`)
    .replaceAll("http://localhost:50053", `http://${mesh.addresses.metering}`);
}

testGuide({
  file: "README.md",
  expectations: README_EXPECTATIONS,
  session: () => readers.readme,
  rewrite,
});

testGuide({
  file: "docs/api.md",
  expectations: apiExpectations(() => mesh),
  session: () => readers.api,
});

testGuide({
  file: "docs/clients.md",
  expectations: clientsExpectations(CLIENT),
  session: () => readers.clients,
  rewrite: (code) => rewriteClients(code, mesh),
});

testGuide({
  file: "docs/contracts.md",
  expectations: CONTRACTS_EXPECTATIONS,
  session: () => readers.contracts,
});

testGuide({
  file: "docs/operations.md",
  expectations: operationsExpectations(
    () => mesh,
    () => operator,
  ),
  session: () => operator.session,
  rewrite: (code) => operator.rewrite(code),
});

test("what is pasted fetches the buf that the project is built with", () => {
  const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const places = [
    "README.md",
    "docs/api.md",
    "docs/clients.md",
    "packages/launcher/src/ready-block.ts",
  ];
  for (const place of places) {
    const versions = readFileSync(path.join(ROOT, place), "utf8").match(/@bufbuild\/buf@[\d.]+/g);
    expect(versions, place).toEqual([`@bufbuild/buf@${devDependencies["@bufbuild/buf"]}`]);
  }
});

test("docs/clients.md: the programs name RPCs, messages and fields of the contract", () =>
  expectNamesOfTheContract());

test("docs/operations.md: the metrics are those that the processes tell", () =>
  expectMetrics(operator));

test("docs/operations.md: the SQL makes a database that no other role opens", () =>
  expectSeparateDatabase(operator.databaseUrl(".data-restored")));

test("README.md: the TypeScript client runs and finds London's country", async () => {
  const [client] = codeBlocks(readGuide("README.md")).filter(({ language }) => language === "ts");
  const dir = mkdtempSync(path.join(ROOT, "test", "readme-"));
  const file = path.join(dir, "client.ts");
  try {
    writeFileSync(file, rewrite(client?.code ?? ""));
    expect(await outputOf(file)).toMatch(/ GB\n$/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

async function outputOf(file: string): Promise<string> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, KEY: mesh.demoKey },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  expect(child.exitCode, errors).toBe(0);
  return output;
}
