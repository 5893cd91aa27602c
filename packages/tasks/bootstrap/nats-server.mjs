import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { withoutServiceStarts } from "./policy-rc.mjs";
import { runQuietly } from "./run-quietly.mjs";
import { SetupError } from "./setup-error.mjs";

/** Makes sure that a nats-server is on this machine, from apt where this user may install. */
export async function ensureNatsServer(natsUrlHelps) {
  if (findProgram("nats-server") !== undefined) return;
  if (process.getuid?.() === 0 && findProgram("apt-get") !== undefined) {
    await installFromApt();
    if (findProgram("nats-server") !== undefined) return;
  }
  throw new SetupError(missingMessage(natsUrlHelps));
}

async function installFromApt() {
  await withoutServiceStarts(async () => {
    const install = ["install", "-y", "--no-install-recommends", "nats-server"];
    if (await aptGet("Reading the lists of apt packages", ["update"])) {
      await aptGet("Installing nats-server with apt-get", install);
    }
  });
}

/** Whether apt-get ended well; what it said is shown where it did not. */
async function aptGet(label, argv) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = ["-qq", "-o", "DPkg::Lock::Timeout=120"];
  const { code, said } = await runQuietly("apt-get", [...options, ...argv], {
    env,
    label,
    // apt-get ends at once while it loads, and finishes the package that it unpacks.
    stopSignal: "SIGINT",
  });
  if (code !== 0) console.error(said);
  return code === 0;
}

function findProgram(name) {
  const dirs = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return dirs.map((dir) => join(dir, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missingMessage(natsUrlHelps) {
  return [
    "Geomesh needs nats-server, which is not on this machine. Ways to get it:",
    "  package manager   sudo apt-get install nats-server   (brew install nats-server, apk add nats-server)",
    "  download          the nats-server program from https://github.com/nats-io/nats-server/releases, put on PATH",
    ...(natsUrlHelps
      ? [
          "  container         docker run -p 4222:4222 nats:2 -js, then NATS_URL=nats://127.0.0.1:4222 npm start",
          "  elsewhere         NATS_URL=nats://host:4222 npm start   (JetStream must be on)",
        ]
      : []),
  ].join("\n");
}
