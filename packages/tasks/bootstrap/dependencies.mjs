import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withInstallLock } from "./install-lock.mjs";
import { damage, hasTools, neededPaths, staleReason } from "./installed-tree.mjs";
import { environmentOfSystem, root } from "./paths.mjs";
import { runQuietly } from "./run-quietly.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Installs the npm dependencies where they are missing, half installed, damaged, or not those of package-lock.json. Without
 * `dev` it installs what the mesh runs on alone, which is less than half of all; tools that are there already stay.
 */
export async function ensureDependencies({ dev }) {
  const { platform, arch } = process;
  const need = {
    platform,
    arch,
    dev: dev || hasTools(readTree("node_modules/.package-lock.json")),
  };
  if (problemOf(need) === undefined) return;
  await withInstallLock(async () => {
    // Another command may have installed them meanwhile.
    const problem = problemOf(need);
    if (problem !== undefined) await install(problem, need);
  });
}

async function install(problem, need) {
  const paths = neededPaths(lockedTree(), need);
  const npmCi = ["ci", "--include=optional", "--loglevel=error", "--no-fund", "--no-audit"];
  const { code, said } = await runQuietly(
    "npm",
    [...npmCi, `--${need.dev ? "include" : "omit"}=dev`],
    {
      cwd: root,
      env: environmentOfSystem(process.env),
      label: `Installing npm dependencies (${problem})`,
      progress: () => `${paths.filter(isThere).length} of ${paths.length} packages`,
      // A half installed tree is noticed and replaced, so it need not undo what it did.
      stopSignal: "SIGKILL",
    },
  );
  if (code === 0 && problemOf(need) === undefined) return;
  throw new SetupError(`${said}npm ci did not finish; what it says above tells why.`);
}

function problemOf(need) {
  const installed = readTree("node_modules/.package-lock.json");
  const stale = staleReason(lockedTree(), installed, need);
  if (stale !== undefined) return stale;
  return damage(installed, (path) => existsSync(join(root, path)));
}

/** Whether a package is in its place: npm writes its package.json with its other files. */
function isThere(path) {
  return existsSync(join(root, path, "package.json"));
}

function lockedTree() {
  return readTree("package-lock.json");
}

function readTree(name) {
  try {
    return JSON.parse(readFileSync(join(root, name), "utf8")).packages;
  } catch {
    return undefined;
  }
}
