import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { eventually } from "./eventually.ts";

/** The state of a stopped process in /proc: the signal reaches one that runs on another core a moment later. */
const STOPPED = "T";

/** A process of its own that a test can stop in the middle of its work, as a machine that hangs. */
export interface StoppableChild {
  /** Stops it: once this resolves, it neither works nor ends. */
  stop(): Promise<void>;
  /** Lets it go on. */
  resume(): void;
  /** Ends it at once, stopped or not. A second call changes nothing. */
  kill(): Promise<void>;
}

/** Starts a program with an environment of its own, whose output goes to that of the test. */
export function startStoppableChild(program: string, env: NodeJS.ProcessEnv): StoppableChild {
  const child: ChildProcess = spawn(process.execPath, [program], { env, stdio: "inherit" });
  const ended = once(child, "exit");
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    async stop() {
      child.kill("SIGSTOP");
      await eventually(() => stateOf(child.pid) === STOPPED);
    },
    resume: () => void child.kill("SIGCONT"),
    async kill() {
      if (hasEnded()) return;
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function stateOf(pid: number | undefined): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.[0];
}
