import { readFileSync } from "node:fs";
import { join } from "node:path";
import { staleReason } from "./installed-tree.mjs";
import { environmentOfSystem, root } from "./paths.mjs";
import { runForeground } from "./run.mjs";
import { SetupError } from "./setup-error.mjs";

/** Installs the npm dependencies where they are missing, half installed, or not those of package-lock.json. */
export async function ensureDependencies() {
  const reason = staleReason(
    readTree("package-lock.json"),
    readTree("node_modules/.package-lock.json"),
    process,
  );
  if (reason === undefined) return;
  console.error(`Installing npm dependencies (${reason}) …`);
  const npmCi = [
    "ci",
    "--include=dev",
    "--include=optional",
    "--loglevel=error",
    "--no-fund",
    "--no-audit",
  ];
  const env = environmentOfSystem(process.env);
  const { code } = await runForeground("npm", npmCi, { cwd: root, env });
  if (code !== 0) throw new SetupError("npm ci did not finish; what it says above tells why.");
}

function readTree(name) {
  try {
    return JSON.parse(readFileSync(join(root, name), "utf8")).packages;
  } catch {
    return undefined;
  }
}
