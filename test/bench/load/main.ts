/**
 * A load generator in a process of its own. For each line of its standard input, a LoadPlan: connects, says `ready`, starts
 * at the next line, and prints a LoadOutput.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { closedLoop } from "./closed-loop.ts";
import { Connection } from "./connection.ts";
import { openLoop } from "./open-loop.ts";
import type { LoadPlan, LoadRequest } from "./plan.ts";

/** Few connections at a time, so that a server's queue of new ones does not overflow. */
const CONNECTING_MAX = 64;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  await follow(JSON.parse(line) as LoadPlan);
}

async function follow(plan: LoadPlan): Promise<void> {
  const { port, perSecond } = plan;
  const requests = plan.requests.map(bytesOf);
  const connections = Array.from({ length: plan.connections }, () => new Connection(port));
  for (let at = 0; at < connections.length; at += CONNECTING_MAX) {
    await Promise.all(connections.slice(at, at + CONNECTING_MAX).map((each) => each.open()));
  }
  console.log("ready");
  await lines.next();
  const output =
    perSecond === undefined
      ? await closedLoop(connections, requests, plan)
      : await openLoop(connections, requests, { ...plan, perSecond });
  for (const connection of connections) connection.close();
  console.log(JSON.stringify(output));
}

function bytesOf({ path, headers = {}, body }: LoadRequest): Buffer {
  const all: Record<string, string> = { host: "localhost", ...headers };
  if (body !== undefined) {
    all["content-type"] = "application/json";
    all["content-length"] = `${Buffer.byteLength(body)}`;
  }
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const method = body === undefined ? "GET" : "POST";
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join("")}\r\n${body ?? ""}`);
}
