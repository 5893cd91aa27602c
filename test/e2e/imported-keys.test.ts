import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { eventually } from "@geomesh/testing/eventually";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { ask, createCustomer } from "../support/api.ts";
import { startTestMesh } from "../support/mesh.ts";

const MAIN = fileURLToPath(new URL("../../services/auth/src/main.ts", import.meta.url));
const LONDON = "/v1/locations/81.2.69.142";
const SECRET = "sk-from-elsewhere/0123456789";

test("a key from elsewhere is accepted by the gateway once the command has imported its hash", {
  timeout: 90_000,
}, async () => {
  const postgres = await startTestPostgres();
  const databaseUrl = await postgres.createDatabase();
  const mesh = await startTestMesh({ AUTH_DATABASE_URL: databaseUrl });
  onTestFinished(() => mesh.close());
  const { accountId } = await createCustomer(mesh);
  expect(await ask(mesh, LONDON, { key: SECRET })).toMatchObject({ status: 401 });

  const directory = mkdtempSync(path.join(tmpdir(), "imported-keys-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, "keys.csv");
  const hash = apiKeyHash(SECRET).toString("hex");
  writeFileSync(file, `account_id,name,key_sha256\n${accountId},Old key,${hash}\n`);
  const env = { ...process.env, AUTH_DATABASE_URL: databaseUrl };
  const imported = await promisify(execFile)(process.execPath, [MAIN, "import", file], { env });
  expect(imported.stdout).toBe("1 keys added, 0 known already\n");
  await eventually(async () => {
    expect(await ask(mesh, LONDON, { key: SECRET })).toMatchObject({ status: 200 });
  });
  expect(await ask(mesh, LONDON, { key: `${SECRET}0` })).toMatchObject({ status: 401 });
});
