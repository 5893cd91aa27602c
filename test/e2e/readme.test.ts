import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(path.join(root, "README.md"), "utf8");

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(() => mesh.close());

/** The code blocks of a language, pointed at the mesh of this test instead of the default ports. */
function blocks(language: string): string[] {
  const found = [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))];
  return found.map(([, code = ""]) =>
    code
      .replaceAll("http://localhost:8080", mesh.baseUrl)
      .replaceAll("http://localhost:50051", `http://${mesh.addresses.geo}`),
  );
}

async function run(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, {
    cwd: root,
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

test("the curl lines of README answer as a reader expects", async () => {
  const lines = blocks("sh")
    .find((block) => block.includes("curl -H"))
    ?.split("\n")
    .slice(1)
    .join("\n");
  const output = await run("bash", [
    "-euc",
    (lines ?? "").replaceAll("curl ", "curl --fail-with-body -sS "),
  ]);
  expect(output).toContain('"country_code":"GB"');
  expect(output).toContain('"special_purpose":"Loopback"');
  expect(output).toContain('"total_units"');
  expect(output).toContain('"results":[');
});

test("the buf curl lines of README answer as a reader expects", async () => {
  const lines = blocks("sh").find((block) => block.includes("buf curl"));
  const output = await run("bash", ["-euc", (lines ?? "").replaceAll("npx buf", "buf")]);
  expect(output.match(/"countryCode": "GB"/g)).toHaveLength(2);
  expect(output).toContain("geomesh.geo.v1.GeoService/GetLocation");
});

test("the TypeScript client of README runs and finds London's country", async () => {
  const [code = ""] = blocks("ts");
  const dir = mkdtempSync(path.join(root, "test", "readme-"));
  const file = path.join(dir, "client.ts");
  try {
    writeFileSync(file, code);
    expect(await run(process.execPath, [file])).toMatch(/ GB\n$/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
