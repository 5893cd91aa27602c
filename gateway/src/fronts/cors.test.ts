import { cors as connectCors } from "@connectrpc/connect";
import { AppError } from "@geomesh/runtime/errors";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { http1, http2PriorKnowledge, type Received, type Sent } from "../http/testing/clients.ts";
import { parseAnswers, sendRaw } from "../http/testing/raw-http.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

const PAGE = "https://app.example";
const OTHER_PAGE = "https://evil.example";
const RPC = "/geomesh.geo.v1.GeoService/GetLocation";
const KEY = { "x-api-key": TEST_KEY };
/** Asked for, it makes the stand-in of the policy fail. */
const TOO_MANY = "192.0.2.29";
const DOWN = "192.0.2.53";
const EMPTY_ENVELOPE = "\0\0\0\0\0";

const CLIENTS = [
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] as const;

async function start(corsAllowedOrigins: readonly string[]): Promise<TestFronts> {
  return await startTestFronts(
    ({ request }) => {
      const { ipAddress } = request as { ipAddress?: string };
      if (ipAddress === TOO_MANY) throw new AppError("RATE_LIMITED");
      if (ipAddress === DOWN) throw new AppError("UPSTREAM_UNAVAILABLE");
      return undefined;
    },
    { corsAllowedOrigins },
  );
}

let fronts: TestFronts;
let open: TestFronts;
let closed: TestFronts;
beforeAll(async () => {
  fronts = await start([PAGE, "http://localhost:5173"]);
  open = await start(["*"]);
  closed = await start([]);
});
afterAll(async () => {
  for (const each of [fronts, open, closed]) await each.close();
});

const from = (origin: string, sent: Sent): Sent => ({
  ...sent,
  headers: { origin, ...sent.headers },
});
const preflight = (origin: string, path: string, headers: Record<string, string> = {}): Sent =>
  from(origin, {
    method: "OPTIONS",
    path,
    headers: { "access-control-request-method": "POST", ...headers },
  });
const rpc = (contentType: string, body: string, headers: Record<string, string> = KEY): Sent => ({
  method: "POST",
  path: RPC,
  headers: { "content-type": contentType, ...headers },
  body,
});
/** The headers that the CORS protocol has. */
const corsOf = ({ headers }: Received) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control")));
const listOf = (value: unknown) => `${value}`.split(", ");

const REST = "REST";
const REST_HEAD = "REST, HEAD";
/** Answers that vary by what their clients accept as well. */
const COMPRESSIBLE: ReadonlySet<string> = new Set([REST, REST_HEAD]);

/** A request for every kind of answer, and its status. */
const ANSWERS: readonly [what: string, sent: Sent, status: number][] = [
  [REST, { path: "/v1/locations/192.0.2.1", headers: KEY }, 200],
  [REST_HEAD, { method: "HEAD", path: "/v1/locations/192.0.2.1", headers: KEY }, 200],
  ["REST, no key", { path: "/v1/locations/192.0.2.1" }, 401],
  ["REST, a mistake", { path: "/v1/locations/192.0.2.1?x=y", headers: KEY }, 400],
  ["REST, too many", { path: `/v1/locations/${TOO_MANY}`, headers: KEY }, 429],
  ["REST, unavailable", { path: `/v1/locations/${DOWN}`, headers: KEY }, 503],
  ["REST, another method", { method: "PUT", path: "/v1/datasets", headers: KEY }, 405],
  ["no front", { path: "/nope" }, 404],
  ["a path that is too long", { path: `/${"x".repeat(8_200)}` }, 414],
  ["a flag", { path: "/v1/flags/de.png" }, 200],
  ["a flag that is not there", { path: "/v1/flags/zz.svg" }, 404],
  ["OPTIONS that is no preflight", { method: "OPTIONS", path: "/v1/datasets" }, 204],
  ["Connect", rpc("application/json", "{}"), 200],
  ["Connect, no key", rpc("application/json", "{}", {}), 401],
  ["Connect, unavailable", rpc("application/json", `{"ip_address":"${DOWN}"}`), 503],
  ["Connect, no such type", rpc("text/plain", ""), 415],
  ["Connect, no such RPC", { ...rpc("application/json", "{}"), path: "/a.v1.B/C" }, 404],
  ["gRPC-Web", rpc("application/grpc-web+proto", EMPTY_ENVELOPE), 200],
  ["gRPC-Web, in base64", rpc("application/grpc-web-text", btoa(EMPTY_ENVELOPE)), 200],
  ["gRPC-Web, no key", rpc("application/grpc-web+proto", EMPTY_ENVELOPE, {}), 200],
  ["gRPC-Web, no such RPC", { ...rpc("application/grpc-web", ""), path: "/a.v1.B/C" }, 200],
  ["gRPC-Web, no such form", rpc("application/grpc-web+xml", ""), 200],
];

describe.each(CLIENTS)("over %s", (_protocol, client) => {
  test.each(ANSWERS)("an allowed page may read the answer: %s", async (what, sent, status) => {
    const received = await client(fronts.port, from(PAGE, sent));
    expect(received.status).toBe(status);
    const { "access-control-expose-headers": exposed, ...headers } = corsOf(received);
    expect(headers).toEqual({ "access-control-allow-origin": PAGE });
    const vary = COMPRESSIBLE.has(what) ? "Origin, Accept-Encoding" : "Origin";
    expect(received.headers["vary"]).toBe(vary);
    const names = [...connectCors.exposedHeaders, "X-Request-Id", "RateLimit", "Retry-After"];
    expect(listOf(exposed)).toEqual(
      expect.arrayContaining(names.map((name) => name.toLowerCase())),
    );
  });

  test.each(ANSWERS)("another page may not: %s", async (_what, sent, status) => {
    for (const origin of [OTHER_PAGE, "null", "https://app.example:8443", "http://app.example"]) {
      const received = await client(fronts.port, from(origin, sent));
      expect(received.status).toBe(status);
      expect(corsOf(received)).toEqual({});
    }
  });

  test.each(ANSWERS)("without the setting nothing is said: %s", async (what, sent, status) => {
    const received = await client(closed.port, from(PAGE, sent));
    expect(received.status).toBe(status);
    expect(corsOf(received)).toEqual({});
    expect(received.headers["vary"]).toBe(COMPRESSIBLE.has(what) ? "Accept-Encoding" : undefined);
  });

  test.each([
    "/v1/locations/192.0.2.1",
    "/v1/locations:batchGet",
    "/v1/flags/de.svg",
    RPC,
    "/grpc.health.v1.Health/Check",
    "/nope",
  ])("a preflight of %s is answered without a key, and reaches no operation", async (path) => {
    const [keys, calls] = [fronts.credentials.length, fronts.invocations.length];
    const asked = "authorization, content-type, x-api-key, x-secret";
    const headers = { "access-control-request-headers": asked };
    const received = await client(fronts.port, preflight(PAGE, path, headers));
    expect([received.status, received.body]).toEqual([204, ""]);
    expect(corsOf(received)).toMatchObject({
      "access-control-allow-origin": PAGE,
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": "authorization, content-type, x-api-key",
      "access-control-max-age": "7200",
    });
    expect(received.headers["vary"]).toBe(
      "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    );
    expect(received.headers).toHaveProperty("x-request-id");
    expect(received.headers).not.toHaveProperty("allow");
    expect([fronts.credentials.length, fronts.invocations.length]).toEqual([keys, calls]);
  });

  test.each([
    ["/v1/locations/192.0.2.1", 204, "GET, HEAD, OPTIONS"],
    [RPC, 204, "GET, POST, OPTIONS"],
    ["/v1/flags/de.svg", 204, "GET, HEAD, OPTIONS"],
    ["/nope", 404, undefined],
  ])(
    "OPTIONS of %s stays what it is where it is no granted preflight",
    async (path, status, allow) => {
      const method = { "access-control-request-method": "GET" };
      for (const [port, sent] of [
        [fronts.port, { method: "OPTIONS", path }],
        [fronts.port, { method: "OPTIONS", path, headers: method }],
        [fronts.port, from(PAGE, { method: "OPTIONS", path })],
        [fronts.port, preflight(OTHER_PAGE, path)],
        [fronts.port, preflight("null", path)],
        [closed.port, preflight(PAGE, path)],
      ] as const) {
        const received = await client(port, sent);
        expect([received.status, received.headers["allow"]]).toEqual([status, allow]);
        expect(received.headers).not.toHaveProperty("access-control-allow-methods");
      }
    },
  );

  test.each([PAGE, OTHER_PAGE, "null"])("with * any page may: %s", async (origin) => {
    const answer = await client(open.port, from(origin, { path: "/v1/flags/de.svg" }));
    const asked = await client(open.port, preflight(origin, RPC));
    for (const received of [answer, asked]) {
      expect(corsOf(received)).toMatchObject({ "access-control-allow-origin": "*" });
      expect(received.headers["vary"]).toMatch(/^Origin\b/);
    }
  });

  test("a cache that knows a flag by its tag may give it to a page", async () => {
    const path = "/v1/flags/de.svg";
    const { headers } = await client(fronts.port, { path });
    // What was asked for without an origin must not be what a page gets from a cache.
    expect(headers["vary"]).toBe("Origin, Accept-Encoding");
    const known = { "if-none-match": `${headers["etag"]}` };
    const received = await client(fronts.port, from(PAGE, { path, headers: known }));
    expect(received.status).toBe(304);
    expect(received.headers).toMatchObject({
      "access-control-allow-origin": PAGE,
      vary: "Origin, Accept-Encoding",
    });
  });

  test("credentials and requests into private networks are never allowed", async () => {
    const headers = { "access-control-request-private-network": "true" };
    for (const { port } of [fronts, open]) {
      const received = await client(port, preflight(PAGE, RPC, headers));
      expect(received.status).toBe(204);
      expect(received.headers).not.toHaveProperty("access-control-allow-private-network");
      expect(received.headers).not.toHaveProperty("access-control-allow-credentials");
    }
  });
});

test.each([
  ["what Connect's own clients send", connectCors.allowedHeaders.join(","), undefined],
  ["capitals and spaces", " X-API-Key ,Traceparent", "x-api-key, traceparent"],
  ["a name twice", "if-match,if-match", "if-match"],
  ["nothing that the API does not take", "cookie, x-forwarded-for, x-real-ip, *", ""],
  ["nothing that only begins like a header of Connect", "connect-, grpc-a:b, connect-ü", ""],
  ["empty names", ",,", ""],
])("a preflight allows %s", async (_what, asked, allowed) => {
  const headers = { "access-control-request-headers": Buffer.from(asked).toString("latin1") };
  const received = await http1(fronts.port, preflight(PAGE, RPC, headers));
  const expected = allowed ?? asked.toLowerCase().replaceAll(",", ", ");
  expect(corsOf(received)["access-control-allow-headers"] ?? "").toBe(expected);
});

test("an Origin that comes twice is none", async () => {
  const head = `Host: x\r\nOrigin: ${PAGE}\r\nOrigin: ${PAGE}\r\nConnection: close\r\n\r\n`;
  const bytes = await sendRaw(fronts.port, `GET /v1/flags/de.svg HTTP/1.1\r\n${head}`);
  expect(parseAnswers(bytes)[0]?.status).toBe(200);
  expect(bytes.toLowerCase()).not.toContain("access-control");
});

test("preflights are counted by themselves", async () => {
  const counted = await start([PAGE]);
  onTestFinished(() => counted.close());
  await http1(counted.port, preflight(PAGE, RPC));
  expect(await counted.metrics()).toMatch(
    /gateway_requests_total\{operation="Preflight",status="2xx"[^}]*\} 1/,
  );
});
