import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { root } from "./paths.mjs";
import { SetupError } from "./setup-error.mjs";

const lockFile = join(root, ".install.lock");
const pollMs = 200;
const waitMsMax = 600_000;

/** Runs an installation while no other command of this directory does. A lock whose holder is gone holds nobody up. */
export async function withInstallLock(install) {
  const deadlineMs = Date.now() + waitMsMax;
  let isSaid = false;
  while (!take()) {
    const holder = holderOf();
    if (holder === undefined) rmSync(lockFile, { force: true });
    else {
      if (Date.now() > deadlineMs) throw new SetupError(`Process ${holder} installs for too long.`);
      if (!isSaid)
        console.error(`Waiting for process ${holder}, which installs npm dependencies …`);
      isSaid = true;
      await wait(pollMs);
    }
  }
  const release = () => rmSync(lockFile, { force: true });
  process.once("exit", release);
  try {
    await install();
  } finally {
    release();
    process.off("exit", release);
  }
}

function take() {
  try {
    writeFileSync(lockFile, `${process.pid}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new SetupError(`cannot write ${lockFile}: ${error.code}`);
  }
}

/** The process that holds the lock; undefined where it is gone. */
function holderOf() {
  try {
    const pid = Number(readFileSync(lockFile, "utf8"));
    // A process id is used again: the holder runs one of our commands.
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return commandLine.includes("bootstrap") ? pid : undefined;
  } catch {
    return undefined;
  }
}
