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
  if (look(dev).problem === undefined) return;
  await withInstallLock(async () => {
    // Another command may have installed them meanwhile.
    const found = look(dev);
    if (found.problem !== undefined) await install(found);
  });
}

async function install({ locked, need, problem }) {
  const paths = neededPaths(locked, need);
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
  if (code === 0 && look(need.dev).problem === undefined) return;
  throw new SetupError(`${said}npm ci did not finish; what it says above tells why.`);
}

/** What the lock file says, what this command needs of it, and why the installed tree is not that; undefined where it is. */
function look(dev) {
  const locked = readTree("package-lock.json");
  const installed = readTree("node_modules/.package-lock.json");
  const { platform, arch } = process;
  const need = { platform, arch, dev: dev || hasTools(installed) };
  const problem =
    staleReason(locked, installed, need) ??
    damage(installed, (path) => existsSync(join(root, path)));
  return { locked, need, problem };
}

/** Whether a package is in its place: npm writes its package.json with its other files. */
function isThere(path) {
  return existsSync(join(root, path, "package.json"));
}

function readTree(name) {
  try {
    return JSON.parse(readFileSync(join(root, name), "utf8")).packages;
  } catch {
    return undefined;
  }
}
