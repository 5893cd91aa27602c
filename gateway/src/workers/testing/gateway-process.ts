import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Env } from "@geomesh/runtime/config";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { createTestCallers } from "@geomesh/testing/test-callers";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
/** A bound of a hang: up to three processes start one after another, a second of a whole core each. */
const READY_MS_MAX = 90_000;
/** Nothing listens there. */
const NOWHERE = "127.0.0.1:9";

/** A gateway as a process of its own, without the rest of the mesh: it serves what needs no key. */
export class GatewayProcess {
  readonly #child: ChildProcess;
  readonly port: number;
  readonly opsPort: number;
  readonly dataDir: string;
  readonly #callers = createTestCallers();
  stdout = "";
  stderr = "";
  /** Resolves with the exit status, null after a signal, once its output has ended: a worker holds it open as well. */
  readonly ended: Promise<number | null>;

  private constructor(env: Env, place: { port: number; opsPort: number; dataDir: string }) {
    this.port = place.port;
    this.opsPort = place.opsPort;
    this.dataDir = place.dataDir;
    const nobody = `unix:${this.#callers.dir}/nobody.sock`;
    const tokenFile = this.#callers.tokenFileOf("gateway");
    this.#child = spawn(process.execPath, [MAIN], {
      env: {
        ...process.env,
        GATEWAY_PORT: `${place.port}`,
        GATEWAY_OPS_PORT: `${place.opsPort}`,
        GATEWAY_DATA_DIR: place.dataDir,
        NATS_URL: `nats://${NOWHERE}`,
        GEO_ADDRESS: NOWHERE,
        AUTH_ADDRESS: nobody,
        AUTH_TOKEN_FILE: tokenFile,
        METERING_ADDRESS: nobody,
        METERING_TOKEN_FILE: tokenFile,
        GATEWAY_LAME_DUCK_MS: "0",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.#child.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.ended = once(this.#child, "close").then(([status]) => status);
  }

  /** Starts one on free ports and a directory of its own, where `env` does not say otherwise. */
  static async start(env: Env = {}): Promise<GatewayProcess> {
    return new GatewayProcess(env, {
      port: Number(env["GATEWAY_PORT"] ?? (await freePort())),
      opsPort: Number(env["GATEWAY_OPS_PORT"] ?? (await freePort())),
      dataDir: env["GATEWAY_DATA_DIR"] ?? mkdtempSync(path.join(tmpdir(), "geomesh-gateway-")),
    });
  }

  /** Resolves once the process and all its workers serve. */
  async serving(): Promise<this> {
    const isServing = () => this.lines().some(({ msg, worker }) => msg === "started" && !worker);
    const hasEnded = this.ended.then((status) => {
      throw new Error(`the gateway ended with ${status} before it served: ${this.stderr}`);
    });
    await Promise.race([eventually(isServing, { deadlineMs: READY_MS_MAX }), hasEnded]);
    return this;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The lines of the log, parsed. */
  lines(): Record<string, unknown>[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** The pids of the workers that live, oldest first. */
  workers(): number[] {
    const text = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8");
    return text.trim().split(" ").filter(Boolean).map(Number);
  }

  #workersIfAlive(): number[] {
    try {
      return this.workers();
    } catch {
      return [];
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it and its workers, whatever they do, and removes its directory. */
  async remove(): Promise<void> {
    const workers = this.#child.exitCode === null ? this.#workersIfAlive() : [];
    this.kill("SIGKILL");
    for (const pid of workers) killIfAlive(pid);
    await this.ended;
    rmSync(this.dataDir, { recursive: true, force: true });
    this.#callers.remove();
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
