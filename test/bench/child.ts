import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program of the benchmark in a process of its own. */
export interface Child {
  readonly pid: number;
  /** Resolves with its next line of output. Errors: Error when it ends instead. */
  line(): Promise<string>;
  /** Writes a line to its standard input. */
  tell(line: string): void;
  /** Ends it and resolves once it has ended. */
  close(): Promise<void>;
}

/** Starts a TypeScript program, named by its path from this folder. */
export function startProgram(name: string, argv: readonly string[] = []): Child {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return startChild(process.execPath, [path, ...argv]);
}

/** Starts a program with pipes to its standard input and output. */
export function startChild(command: string, argv: readonly string[]): Child {
  const child = spawn(command, argv, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on("error", () => {});
  const ended = once(child, "exit");
  return {
    pid: child.pid ?? 0,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} ${argv.join(" ")} ended without the line it owes`);
      return value;
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    async close() {
      if (hasEnded(child)) return;
      child.kill();
      await ended;
    },
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null;
