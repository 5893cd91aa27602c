import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type Log } from "@geomesh/runtime/log";
import { createTestClock, type TestClock } from "@geomesh/testing/test-clock";
import type { DatasetFacts } from "../layers/layer.ts";
import type { NpmEnvironment } from "../npm/npmrc.ts";
import { datasetUpdate } from "../updater/dataset-update.ts";
import type { UpdateSource, UrlSource } from "../updater/source.ts";
import { StateFile } from "../updater/state-file.ts";
import { type Update, Updater } from "../updater/updater.ts";

const DAY_MS = 24 * 3_600_000;

/** No source is configured. */
export const NO_SETTINGS = {
  maxmindAccountId: "",
  maxmindLicenseKey: "",
  maxmindEditions: "A",
  dbipEditions: "",
  ipLocationDbEditions: "",
  updateUrls: [],
};

/** What a run of the updater may have beside its source. */
export interface RunOptions {
  readonly serving?: DatasetFacts;
  readonly signal?: AbortSignal;
  readonly npm?: NpmEnvironment;
  readonly isQuiet?: boolean;
}

const NO_NPM: NpmEnvironment = { env: {}, home: "/nonexistent", directory: "/nonexistent" };

/** A publisher on a port of its own, and a datasets directory that an updater fills from it. */
export class TestUpdates {
  readonly clock: TestClock = createTestClock(Date.UTC(2026, 2, 15));
  readonly requests: IncomingMessage[] = [];
  /** What the publisher has, by path; a path that is missing is a 404. */
  readonly bodies: Record<string, Buffer> = {};
  /** What it answers beside the body, by path. */
  readonly answers: Record<string, { status?: number; headers?: Record<string, string> }> = {};
  /** Every line that was logged. */
  readonly lines: string[] = [];
  readonly directory: string;
  readonly server: Server;

  private constructor(directory: string) {
    this.directory = directory;
    this.server = createServer((request, response) => {
      this.requests.push(request);
      const path = request.url ?? "";
      const body = this.bodies[path];
      const { status = 200, headers = {} } = this.answers[path] ?? {};
      if (status !== 200) return void response.writeHead(status, headers).end("x".repeat(100_000));
      if (body === undefined) return void response.writeHead(404).end();
      const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 8)}"`;
      if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
      response.writeHead(200, { etag, ...headers }).end(body);
    });
  }

  static async start(): Promise<TestUpdates> {
    const updates = new TestUpdates(await mkdtemp(join(tmpdir(), "geo-updates-")));
    updates.server.listen(0, "127.0.0.1");
    await once(updates.server, "listening");
    return updates;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await rm(this.directory, { recursive: true });
  }

  get base(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The source of a path of the publisher. */
  source(path: string, more: Partial<UrlSource> = {}): UrlSource {
    return { name: "city.mmdb", headers: {}, url: () => this.base + path, ...more };
  }

  /** Runs what is due in a new process over the same directory; returns the problems that it logs. */
  async run(from: UpdateSource, options: RunOptions = {}): Promise<string[]> {
    const { serving, npm = NO_NPM, isQuiet = false } = options;
    const { signal = new AbortController().signal } = options;
    const { directory, clock } = this;
    return this.runUpdate(
      (log) =>
        datasetUpdate(
          from,
          { directory, serving: () => serving, npm, clock, log, signal },
          { intervalMs: DAY_MS, isQuiet },
        ),
      signal,
    );
  }

  /** The same for any update. */
  async runUpdate(
    updateWith: (log: Log) => Update,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<string[]> {
    const problems: string[] = [];
    const write = (line: string) => {
      this.lines.push(line);
      const { problem, reason, msg } = JSON.parse(line);
      if (!msg.endsWith(" updated")) problems.push(problem ?? reason ?? msg);
    };
    const log = createLog({ service: "geo", level: "info", destination: { write } });
    const updater = new Updater({
      updates: [updateWith(log)],
      states: await StateFile.open(join(this.directory, "updates.json"), log),
      clock: this.clock,
      random: () => 0,
      log,
      signal,
    });
    await updater.runDue();
    return problems;
  }

  /** The names of the files beside the updater's own. */
  async datasets(): Promise<string[]> {
    const names = await readdir(this.directory);
    return names.filter((name) => !name.startsWith("updates.json"));
  }
}
