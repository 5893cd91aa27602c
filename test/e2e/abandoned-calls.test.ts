import { once } from "node:events";
import http2 from "node:http2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, type Customer, createCustomer } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

/** Few enough that a busy machine answers the others within their deadline. */
const REQUESTS_OF_A_CONNECTION = 100;
/** Node lets a peer reset 1,000 streams in a burst, and 33 in a second after that. */
const CANCELLED_MIN = 3_000;

let mesh: TestMesh;
let abuser: Customer;
let other: Customer;
beforeAll(async () => {
  mesh = await startTestMesh();
  abuser = await createCustomer(mesh, { key_rate: { requests: 100_000 } });
  other = await createCustomer(mesh, { keys_max: 10_000 });
}, 60_000);
afterAll(() => mesh.close());

/** Asks by one connection, and breaks it once the first request is answered. */
async function askAndGo(path: string): Promise<void> {
  const session = http2.connect(mesh.baseUrl);
  const headers = { ":path": path, "x-api-key": abuser.key };
  const streams = Array.from({ length: REQUESTS_OF_A_CONNECTION }, () => session.request(headers));
  for (const stream of streams) stream.on("error", () => undefined);
  const [answer] = await once(streams[0] as http2.ClientHttp2Stream, "response");
  expect(answer).toMatchObject({ ":status": 200 });
  session.destroy();
}

/** Calls of the gateway that ended so, to a service. */
async function ended(service: string, code: string): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${mesh.opsPort}/metrics`)).text();
  const lines = page.split("\n").filter((line) => line.startsWith("grpc_client_handled_total{"));
  const counted = lines.filter(
    (line) => line.includes(`"/geomesh.${service}/`) && line.includes(`code="${code}"`),
  );
  return counted.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

test("thousands of requests whose clients go, which the gateway forwards, fail no request of another customer", async () => {
  const service = "auth.v1.AuthService";
  const createKey = () =>
    ask(mesh, "/v1/accounts/-/keys", { key: other.key, body: { name: "Key" } });
  const statuses = new Set<number>();
  while ((await ended(service, "CANCELLED")) < CANCELLED_MIN) {
    const abuse = askAndGo("/v1/accounts/-");
    for (const { status } of await Promise.all(Array.from({ length: 4 }, createKey))) {
      statuses.add(status);
    }
    await abuse;
  }
  expect(await ended(service, "UNAVAILABLE")).toBe(0);
  expect([...statuses]).toEqual([201]);
}, 150_000);
