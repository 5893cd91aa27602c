import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { hasEnded, stopChild } from "@geomesh/servers/child";
import { eventually } from "./eventually.ts";

const READY_MS_MAX = 20_000;
const GRACE_MS = 5_000;
const OUTPUT_CHARS_MAX = 4_000;

/** How a server is run. */
export interface TestServerOptions {
  readonly name: string;
  readonly spawn: (dir: string, how: SpawnOptions) => ChildProcess;
  readonly isReady: () => Promise<boolean>;
}

/** A real server that a test may stop, kill and start again. Its directory is removed when the process of the test ends. */
export class TestServer {
  readonly dir: string;
  readonly #options: TestServerOptions;
  readonly #caretaker: Writable;
  #child: ChildProcess | undefined;

  constructor(options: TestServerOptions) {
    this.#options = options;
    this.dir = mkdtempSync(join(tmpdir(), `geomesh-test-${options.name}-`));
    this.#caretaker = startCaretaker(this.dir);
  }

  /** Starts it with the data it had, and resolves once it can serve. Errors: one with its output. */
  async start(): Promise<void> {
    const child = this.#options.spawn(this.dir, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#caretaker.write(`${child.pid}\n`);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        output = (output + chunk).slice(-OUTPUT_CHARS_MAX);
      });
    }
    const isSettled = async () => hasEnded(child) || (await this.#options.isReady());
    await eventually(isSettled, { deadlineMs: READY_MS_MAX });
    if (hasEnded(child)) throw new Error(`${this.#options.name} did not start:\n${output}`);
  }

  /** Stops it cleanly; its data is kept. */
  stop(): Promise<void> {
    return this.#end("SIGINT");
  }

  /** Kills it as a crash would; its data is kept. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Signals it without an end, as for a reload. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child === undefined) return;
    await stopChild(this.#child, signal, GRACE_MS);
    this.#caretaker.write("\n");
  }
}

/** Kills the last server it was told of and removes the directory, once the process of the test has ended in any way. */
const CARETAKER = `
  while read -r pid; do last=$pid; done
  if [ -n "$last" ]; then kill -KILL "$last"; fi
  for attempt in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 0.1; done`;

function startCaretaker(dir: string): Writable {
  const caretaker = spawn("sh", ["-c", CARETAKER, "caretaker", dir], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  caretaker.unref();
  return caretaker.stdin;
}
