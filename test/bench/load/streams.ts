/**
 * A client of streams in a process of its own. For each line of its standard input, a StreamPlan: streams the addresses, proves
 * that each has its location in its place, and prints a StreamOutput. It ends where an answer is another.
 */
import { once } from "node:events";
import http from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { addresses } from "../addresses.ts";
import type { StreamOutput, StreamPlan } from "./stream-plan.ts";

const CHUNK_ADDRESSES = 2_000;
const LINE_END = 10;
const BEFORE_ADDRESS = '{"location":{"ip_address":"';

async function follow({ port, path, key, count, stopSeconds }: StreamPlan): Promise<StreamOutput> {
  const asked = addresses(count);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const headers = { "x-api-key": key, "content-type": "text/plain" };
  const request = http.request({ port, host: "127.0.0.1", method: "POST", path, headers });
  const sent = send(request, asked);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`the stream is answered ${response.statusCode}`);
  const check = new Check(asked);
  let acceptedBytes = 0;
  let isStopped = stopSeconds === 0;
  for await (const chunk of response) {
    check.take(chunk);
    if (isStopped || check.answers < count / 4) continue;
    isStopped = true;
    const before = acceptedOf(request);
    await wait(stopSeconds * 1_000);
    acceptedBytes = acceptedOf(request) - before;
  }
  await sent;
  if (check.answers !== count) throw new Error(`${check.answers} of ${count} are answered`);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startMs) / 1_000 - stopSeconds;
  return { answers: check.answers, seconds, acceptedBytes, cpuSeconds: (user + system) / 1e6 };
}

async function send(request: http.ClientRequest, asked: readonly string[]): Promise<void> {
  for (let at = 0; at < asked.length; at += CHUNK_ADDRESSES) {
    const text = `${asked.slice(at, at + CHUNK_ADDRESSES).join("\n")}\n`;
    if (!request.write(text)) await once(request, "drain");
  }
  request.end();
}

/** Bytes that the system has taken of a request. */
function acceptedOf({ socket, writableLength }: http.ClientRequest): number {
  return (socket?.bytesWritten ?? 0) - writableLength;
}

/** Proves that the lines of an answer are the locations of the addresses, in order. */
class Check {
  readonly #asked: readonly string[];
  #rest: Buffer = Buffer.alloc(0);
  answers = 0;

  constructor(asked: readonly string[]) {
    this.#asked = asked;
  }

  /** Errors: Error with a line that is not what it should be. */
  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
      const expected = `${BEFORE_ADDRESS}${this.#asked[this.answers]}"`;
      if (bytes.toString("latin1", from, from + expected.length) !== expected) {
        throw new Error(`answer ${this.answers + 1} is ${bytes.subarray(from, end)}`);
      }
      this.answers += 1;
      from = end + 1;
    }
    this.#rest = bytes.subarray(from);
  }
}

// A class is there only once its line has run.
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await follow(JSON.parse(line) as StreamPlan)));
}
