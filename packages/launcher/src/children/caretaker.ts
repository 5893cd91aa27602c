import { type ChildProcess, spawn } from "node:child_process";

/** Waits until it is told that the store has ended. If the launcher ends first, it stops the store two seconds later. */
const CARETAKER_SCRIPT = 'read -r word || { sleep 2; kill -INT "$1"; }';

/**
 * Makes a program that does not watch its standard input end soon after this process, however this process ends. Our own
 * services watch theirs.
 */
export function endsWithLauncher(store: ChildProcess): ChildProcess {
  if (store.pid === undefined) return store;
  const caretaker = spawn("sh", ["-c", CARETAKER_SCRIPT, "caretaker", `${store.pid}`], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  caretaker.stdin.on("error", () => {});
  store.once("exit", () => caretaker.stdin.end("gone\n"));
  return store;
}
