import { eventually } from "@geomesh/testing/eventually";
import { afterEach, expect, test } from "vitest";
import { FLAG } from "./testing/callers.ts";
import { GatewayProcess } from "./testing/gateway-process.ts";

const TIMEOUT_MS = 60_000;
const KEY = "gm_live_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";

const started: GatewayProcess[] = [];
afterEach(() => Promise.all(started.splice(0).map((each) => each.remove())));

async function start(choice: string): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start({ GATEWAY_ACCESS_LOG: choice });
  started.push(gateway);
  return gateway.serving();
}

const requests = (gateway: GatewayProcess) =>
  gateway.lines().filter(({ msg }) => msg === "request");

async function askWithKey({ port }: GatewayProcess): Promise<void> {
  const url = `http://127.0.0.1:${port}/v1/locations/192.0.2.1?api_key=${KEY}`;
  await fetch(url, { headers: { authorization: `Bearer ${KEY}` } });
  await fetch(`http://127.0.0.1:${port}${FLAG}`);
}

test(
  "the access log has a line for each answer, and no credential",
  async () => {
    const gateway = await start("with_client_address");
    await askWithKey(gateway);
    await eventually(() => requests(gateway).length === 2);
    expect(requests(gateway)).toMatchObject([
      {
        ...{ service: "gateway", method: "GET", path: "/v1/locations/{ip_address}" },
        ...{ operation: "GetLocation", client_address: "127.0.0.1" },
      },
      { path: FLAG, operation: "Flag", status: 200 },
    ]);
    expect(gateway.stdout).not.toContain(KEY);
  },
  TIMEOUT_MS,
);

test(
  "there is none by default",
  async () => {
    const gateway = await start("");
    await askWithKey(gateway);
    gateway.kill("SIGTERM");
    await gateway.ended;
    expect(requests(gateway)).toEqual([]);
    expect(gateway.stdout).not.toContain(KEY);
  },
  TIMEOUT_MS,
);
