import { spawn } from "node:child_process";
import { SetupError } from "./setup-error.mjs";

/** Ctrl-C, and what else ends a command in a terminal. */
export const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command in this terminal and resolves with how it ended. Signals sent to this process alone reach the command
 * too. Ctrl-C reaches it twice, from the terminal and from here: the commands take close repeats as one.
 */
export function runForeground(file, argv, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { stdio: "inherit", ...options });
    const passOn = (signal) => child.kill(signal);
    for (const signal of stopSignals) process.on(signal, passOn);
    const settle = (done) => (value) => {
      for (const signal of stopSignals) process.off(signal, passOn);
      done(value);
    };
    child.once(
      "error",
      settle((error) => reject(new SetupError(`${file}: ${error.message}`))),
    );
    child.once("exit", (code, signal) => settle(resolve)({ code, signal }));
  });
}

/** Ends this process the way the command ended, so that a caller sees the same status or signal. */
export function endLike({ code, signal }) {
  if (signal === null) process.exitCode = code;
  else process.kill(process.pid, signal);
}
