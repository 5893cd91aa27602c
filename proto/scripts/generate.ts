/**
 * Makes proto/gen from the contracts, and test/conformance/gen from those of Connect's conformance suite, which are no part
 * of ours. `--check` makes them elsewhere and fails where the committed code differs.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const FOLDERS = ["proto/gen", "test/conformance/gen"];
const CONFORMANCE = "test/conformance/buf.gen.yaml";

function generate(out: string): void {
  const buf = (...args: string[]) => execFileSync("buf", args, { cwd: root, stdio: "inherit" });
  buf("generate", "--output", out);
  buf("generate", "--template", CONFORMANCE, "--output", out);
  // The rules' own code comes from the npm package; generated imports point there.
  rmSync(join(out, "proto/gen/es/buf"), { recursive: true });
  const descriptors = join(out, "proto/gen/descriptors.binpb");
  buf("build", ".", "--as-file-descriptor-set", "--exclude-source-info", "-o", descriptors);
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

function differences(folder: string, scratch: string): string[] {
  const [fresh, committed] = [join(scratch, folder), join(root, folder)];
  const names = new Set([...filesBelow(fresh), ...filesBelow(committed)]);
  const read = (dir: string, name: string) => {
    try {
      return readFileSync(join(dir, name));
    } catch {
      return undefined;
    }
  };
  return [...names]
    .filter((name) => {
      const [a, b] = [read(fresh, name), read(committed, name)];
      return a === undefined || b === undefined || !a.equals(b);
    })
    .map((name) => `${folder}/${name}`);
}

const scratch = mkdtempSync(join(tmpdir(), "geomesh-gen-"));
try {
  generate(scratch);
  if (process.argv.includes("--check")) {
    const stale = FOLDERS.flatMap((folder) => differences(folder, scratch));
    for (const name of stale) console.error(`${name} is not what the contracts generate`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const folder of FOLDERS) {
      rmSync(join(root, folder), { recursive: true, force: true });
      cpSync(join(scratch, folder), join(root, folder), { recursive: true });
    }
  }
} finally {
  rmSync(scratch, { recursive: true });
}
