/**
 * A load generator: keeps `connections` sockets busy with one request each for `seconds`, then prints a LoadResult as JSON.
 * It parses no more of an answer than its status and length, so that it costs little beside what it measures.
 */
import net from "node:net";
import process from "node:process";

export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turn. */
  readonly paths: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** How often each status came. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");
/** As both servers write it. */
const LENGTH_FIELD = Buffer.from("\r\ncontent-length: ");

function run(plan: LoadPlan, done: (result: LoadResult) => void): void {
  const requests = plan.paths.map((path) => Buffer.from(requestText(path, plan)));
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  const startedAt = performance.now();
  const endAt = startedAt + plan.seconds * 1000;
  let next = 0;
  let open = plan.connections;

  function drive(socket: net.Socket): void {
    let sentAt = 0;
    let pending: Buffer = Buffer.alloc(0);
    const send = () => {
      sentAt = performance.now();
      socket.write(requests[next++ % requests.length] ?? "");
    };
    socket.on("connect", send);
    socket.on("error", fail);
    socket.on("data", (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const answer = wholeAnswer(pending);
      if (answer === undefined) return;
      pending = Buffer.alloc(0);
      const now = performance.now();
      statuses[answer] = (statuses[answer] ?? 0) + 1;
      latencies.push(now - sentAt);
      if (now < endAt) return send();
      socket.destroy();
      open -= 1;
      if (open === 0) done(summary((now - startedAt) / 1000));
    });
  }

  function summary(seconds: number): LoadResult {
    latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
    return { requests: latencies.length, seconds, statuses, p50Ms: at(0.5), p99Ms: at(0.99) };
  }

  for (let i = 0; i < plan.connections; i++) drive(net.connect(plan.port, "127.0.0.1"));
}

function requestText(path: string, { headers }: LoadPlan): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.join("")}\r\n`;
}

/** The status of a complete answer, or undefined while bytes are missing. */
function wholeAnswer(bytes: Buffer): string | undefined {
  const head = bytes.indexOf(HEAD_END);
  if (head < 0) return undefined;
  const field = bytes.indexOf(LENGTH_FIELD);
  if (field < 0 || field > head) throw new Error("an answer came without its length");
  const from = field + LENGTH_FIELD.length;
  const length = Number.parseInt(bytes.toString("latin1", from, from + 10), 10);
  return bytes.length >= head + 4 + length ? bytes.toString("latin1", 9, 12) : undefined;
}

function fail(error: Error): void {
  console.error(`load generator: ${error.message}`);
  process.exit(1);
}

const plan = JSON.parse(process.argv[2] ?? "{}") as LoadPlan;
run(plan, (result) => console.log(JSON.stringify(result)));
