/** `npm run bench`: the whole mesh, a bare server and a load generator in one run. `npm run bench -- geo`: geo alone. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { benchGateway } from "./gateway.ts";

const [what = "gateway"] = process.argv.slice(2);
if (what === "geo") {
  const script = fileURLToPath(new URL("../../services/geo/bench/main.ts", import.meta.url));
  process.exitCode = spawnSync(process.execPath, [script], { stdio: "inherit" }).status ?? 1;
} else if (what === "gateway") {
  await benchGateway();
} else {
  console.error(`no benchmark "${what}"; there are: gateway, geo`);
  process.exitCode = 1;
}
