import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What a server answered to one `curl`. */
export interface ShellAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the answer is not JSON. */
  readonly json: unknown;
}

export interface Ran {
  readonly stdout: string;
  /** Of every `curl`, in order. */
  readonly answers: readonly ShellAnswer[];
}

export interface ShellOptions {
  readonly cwd: string;
  /** In addition to that of the test. */
  readonly env?: Readonly<Record<string, string>>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RUN_MS_MAX = 60_000;

/**
 * What documents leave out: a failing command ends the session, `curl` keeps each answer and fails on an error unless it
 * is told that one is wanted, and `npx` spends no second on finding the project's own tools.
 */
const PRELUDE = `
set -euo pipefail
curl() {
  local answer="$ANSWERS/$(ls "$ANSWERS" | wc -l)"
  mkdir "$answer"
  command curl -sS $CURL_FAILS --dump-header "$answer/head" "$@" | tee "$answer/body"
}
npx() {
  case "$*" in
    "--yes @bufbuild/buf@"*) shift 2; command buf "$@" ;;
    *) "$@" ;;
  esac
}
`;

/** One shell in which the blocks of a document run in order, as when a reader pastes them. */
export class ShellSession {
  readonly #dir = mkdtempSync(path.join(tmpdir(), "geomesh-shell-"));
  readonly #shell: ChildProcess;
  #stdout = "";
  #stderr = "";
  #blocks = 0;

  constructor({ cwd, env = {} }: ShellOptions) {
    const bin = path.join(ROOT, "node_modules/.bin");
    this.#shell = spawn("bash", ["--noprofile", "--norc"], {
      cwd,
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, ...env },
      // A process group of its own, so that what a block left running ends with the session.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#shell.stdout?.setEncoding("utf8").on("data", (chunk) => {
      this.#stdout += chunk;
    });
    this.#shell.stderr?.setEncoding("utf8").on("data", (chunk) => {
      this.#stderr += chunk;
    });
    // A block that ends the shell is told by its status; what is written after that reaches nobody.
    this.#shell.stdin?.on("error", () => undefined);
    this.#shell.stdin?.write(PRELUDE);
  }

  /**
   * Runs a block and resolves with what it wrote and what servers answered. With `failing`, an HTTP error does not end the
   * session. Errors: one with what the block wrote, if a command failed or 15 s passed.
   */
  async run(code: string, { failing = false } = {}): Promise<Ran> {
    this.#blocks += 1;
    const block = path.join(this.#dir, `${this.#blocks}.sh`);
    const answers = path.join(this.#dir, `${this.#blocks}`);
    mkdirSync(answers);
    writeFileSync(block, code);
    this.#stdout = "";
    this.#stderr = "";
    const fails = failing ? "" : "--fail-with-body";
    const done = `done-${this.#blocks}`;
    const ended = this.#until(done);
    this.#shell.stdin?.write(
      `ANSWERS='${answers}' CURL_FAILS='${fails}'; . '${block}' </dev/null; printf '\\n%s\\n' ${done}\n`,
    );
    await ended;
    return {
      stdout: this.#stdout.slice(0, -`\n${done}\n`.length),
      answers: readdirSync(answers)
        .toSorted((a, b) => Number(a) - Number(b))
        .map((name) => readAnswer(path.join(answers, name))),
    };
  }

  #until(done: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => reject(new Error(`${why}: ${this.#stdout}${this.#stderr}`));
    const isDone = () => this.#stdout.endsWith(`\n${done}\n`) && resolve();
    const hasEnded = (status: number | null) => fail(`the shell ended with status ${status}`);
    const timer = setTimeout(() => fail(`not done in ${RUN_MS_MAX} ms`), RUN_MS_MAX);
    if (this.#shell.exitCode !== null) fail("a block before this one ended the shell");
    this.#shell.stdout?.on("data", isDone);
    this.#shell.on("close", hasEnded);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#shell.stdout?.off("data", isDone);
      this.#shell.off("close", hasEnded);
    });
  }

  /** Ends the shell and what it started. */
  close(): void {
    try {
      if (this.#shell.pid !== undefined) process.kill(-this.#shell.pid, "SIGKILL");
    } catch {
      // The whole group has ended already.
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function readAnswer(dir: string): ShellAnswer {
  const heads = readFileSync(path.join(dir, "head"), "utf8");
  // A 100 that came before the answer has a head as well.
  const head = heads.replace(/^HTTP\S* 1\d\d .*?\r\n\r\n/s, "");
  const body = readFileSync(path.join(dir, "body"), "utf8");
  // The last head is the answer's own: a 100 (Continue) may come before it.
  const own = head.trimEnd().split("\r\n\r\n").at(-1) ?? "";
  const [first = "", ...lines] = own.split("\r\n");
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  // With -i the body comes after the head.
  const text = body.startsWith(head) ? body.slice(head.length) : body;
  const isJson = /\bjson\b/.test(headers.get("content-type") ?? "");
  return {
    status: Number(first.split(" ")[1]),
    headers,
    text,
    // An answer to HEAD has the type of a body, and none.
    json: isJson && text !== "" ? JSON.parse(text) : undefined,
  };
}
