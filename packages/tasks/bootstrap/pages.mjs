import { join } from "node:path";
import { environmentFor, root } from "./paths.mjs";
import { runForeground } from "./run.mjs";
import { Interrupted, SetupError } from "./setup-error.mjs";

/** Builds the pages of the gateway where they are missing or not of these sources. Errors: Interrupted; SetupError. */
export async function ensurePages(node) {
  const { code, signal } = await runForeground(node, [join(root, "packages/pages/src/main.ts")], {
    cwd: root,
    env: environmentFor(process.env),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (signal !== null) throw new Interrupted();
  if (code !== 0) throw new SetupError("The pages of the gateway cannot be built; see above.");
}
