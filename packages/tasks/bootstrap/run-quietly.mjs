import { spawn } from "node:child_process";
import { stopSignals } from "./run.mjs";
import { Interrupted, SetupError } from "./setup-error.mjs";
import { startTeller } from "./teller.mjs";

const stopMsMax = 1_500;
const saidCharactersMax = 64 * 1024;

/**
 * Runs a command without showing its output, while a teller says how far it is. Resolves with its status and the end of what
 * it said. At Ctrl-C the command and all that it started get `stopSignal`; what has not ended 1.5 s later is left to end by
 * itself. Errors: Interrupted then; SetupError where it cannot be run.
 */
export async function runQuietly(file, argv, { label, progress, stopSignal, ...options }) {
  let isInterrupted = false;
  let giveUp;
  const tooLate = new Promise((resolve) => {
    giveUp = resolve;
  });
  const stop = () => {
    if (isInterrupted) return;
    isInterrupted = true;
    killGroup(child.pid, stopSignal);
    setTimeout(giveUp, stopMsMax).unref();
  };
  // Before the command runs: a signal in between would end this process alone. It is heard after this turn.
  for (const signal of stopSignals) process.on(signal, stop);
  const teller = startTeller(label, progress);
  // In a process group of its own, so that the Ctrl-C of the terminal reaches it only through here.
  const child = spawn(file, argv, {
    ...options,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const outputs = [child.stdout, child.stderr];
  let said = "";
  for (const output of outputs) {
    output.setEncoding("utf8").on("data", (text) => {
      said = (said + text).slice(-saidCharactersMax);
    });
  }
  try {
    const code = await Promise.race([endOf(file, child), tooLate]);
    if (isInterrupted) throw new Interrupted();
    return { code, said };
  } finally {
    for (const signal of stopSignals) process.off(signal, stop);
    for (const output of outputs) output.destroy();
    child.unref();
    teller.end();
  }
}

function endOf(file, child) {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new SetupError(`${file}: ${error.message}`)));
    child.once("close", resolve);
  });
}

/** The group may be gone already. */
function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {}
}
