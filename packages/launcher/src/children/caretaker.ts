import { type ChildProcess, spawn } from "node:child_process";

/** Waits for word that the store is gone. If the launcher is gone first, it ends the store, after those who use it. */
const CARETAKER_SCRIPT = 'read -r word || { sleep 2; kill -INT "$1"; }';

/**
 * Sees to it that a program that does not watch its standard input ends soon after this process, however this process
 * ends. Our own services watch theirs.
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
