import http from "node:http";
import type { Env } from "@geomesh/runtime/config";
import { eventually } from "@geomesh/testing/eventually";
import { afterEach, expect, test } from "vitest";
import { FLAG, startCallers } from "./testing/callers.ts";
import { GatewayProcess } from "./testing/gateway-process.ts";

const TIMEOUT_MS = 60_000;
const LAME_DUCK_MS = 2_000;

const started: GatewayProcess[] = [];
afterEach(() => Promise.all(started.splice(0).map((each) => each.remove())));

async function start(env: Env): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(env);
  started.push(gateway);
  return gateway.serving();
}

async function reasonsOf({ opsPort }: GatewayProcess): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
  const told = (await answer.json()) as { problems?: { reason: string }[] };
  return (told.problems ?? []).map(({ reason }) => reason);
}

/** Asks over connections that are kept as long as the gateway keeps them. */
async function startKeptCaller(port: number) {
  const agent = new http.Agent({ keepAlive: true });
  const seen = { closing: 0, failed: [] as string[] };
  let isStopped = false;
  const ask = () =>
    new Promise<void>((resolve) => {
      const request = http.get({ port, host: "127.0.0.1", path: FLAG, agent }, (response) => {
        if (response.headers.connection === "close") seen.closing += 1;
        response.resume().on("end", resolve);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        seen.failed.push(error.code ?? `${error}`);
        resolve();
      });
    });
  const loop = (async () => {
    while (!isStopped) await ask();
  })();
  return {
    seen,
    async stop() {
      isStopped = true;
      await loop;
      agent.destroy();
      return seen;
    },
  };
}

test.each([
  ["a gateway", "1"],
  ["a gateway of two workers", "2"],
])(
  "SIGTERM makes %s not ready at once, and it serves on until its time is over: no request fails before",
  async (_, workers) => {
    const env = { GATEWAY_WORKERS: workers, GATEWAY_LAME_DUCK_MS: `${LAME_DUCK_MS}` };
    const gateway = await start(env);
    expect(await reasonsOf(gateway)).not.toContain("leaving");
    const callers = startCallers(gateway.port, 4);
    const kept = await startKeptCaller(gateway.port);
    await eventually(() => callers.seen.answers.size === Number(workers));
    expect(kept.seen.closing).toBe(0);

    const startedMs = performance.now();
    gateway.kill("SIGTERM");
    await eventually(async () => expect(await reasonsOf(gateway)).toContain("leaving"));
    await eventually(() => kept.seen.closing > 5);
    expect([callers.seen.failed, kept.seen.failed]).toEqual([[], []]);

    expect(await gateway.ended).toBe(0);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(LAME_DUCK_MS);
    // These callers have no balancer that knows: they go on asking where nobody listens any more.
    await Promise.all([callers.stop(), kept.stop()]);
  },
  TIMEOUT_MS,
);

test(
  "SIGINT, which a person sends, does not wait",
  async () => {
    const gateway = await start({ GATEWAY_LAME_DUCK_MS: "600000" });
    gateway.kill("SIGINT");
    expect(await gateway.ended).toBe(0);
  },
  TIMEOUT_MS,
);
