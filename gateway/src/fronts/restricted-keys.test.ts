import { create } from "@bufbuild/protobuf";
import { KeySchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { AppError } from "@geomesh/runtime/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http1, http2PriorKnowledge, type Received, type Sent } from "../http/testing/clients.ts";
import { parseAnswers, sendRaw } from "../http/testing/raw-http.ts";
import { type Authenticate, CredentialMemo } from "../keys/authenticate.ts";
import type { Principal } from "../keys/key-table.ts";
import { holdsOrigin } from "../keys/origins.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { startTestFronts, type TestFronts } from "./testing/fronts.ts";

const PAGE = "https://app.example";
const OTHER_PAGE = "https://evil.example";
const OPERATORS_PAGE = "https://console.example";
const PATH = "/v1/locations/192.0.2.1";
const GEO = "/geomesh.geo.v1.GeoService";
/** PERMISSION_DENIED. */
const GRPC_STATUS = /grpc-status\W+7\b/;
const EMPTY_ENVELOPE = "\0\0\0\0\0";

const keyed = (restrictions: { allowedCidrs?: string[]; allowedOrigins?: string[] }) => ({
  ...principalForTest(),
  key: create(KeySchema, { keyId: "key_1", ...restrictions }),
});
const PRINCIPALS: Readonly<Record<string, Principal>> = {
  free: keyed({}),
  paged: keyed({ allowedOrigins: [PAGE] }),
  local: keyed({ allowedCidrs: ["127.0.0.0/8"] }),
  distant: keyed({ allowedCidrs: ["192.0.2.0/24"], allowedOrigins: [PAGE] }),
};

/** As the real one, it finds the key of a connection again without a look at where the request comes from. */
const authenticate: Authenticate = (credential = "", memo = new CredentialMemo()) => {
  const principal = memo.recall(credential, 1) ?? PRINCIPALS[credential];
  if (principal === undefined) throw new AppError("KEY_INVALID");
  memo.note(credential, principal, 1);
  return principal;
};

let fronts: TestFronts;
beforeAll(async () => {
  const allowed = new Set([PAGE]);
  fronts = await startTestFronts(() => undefined, {
    authenticate,
    corsAllowedOrigins: [OPERATORS_PAGE],
    originsOfKeys: {
      originsCount: allowed.size,
      allowsOrigin: (origin) => holdsOrigin(allowed, origin),
    },
    trustedProxies: ["127.0.0.1/32"],
  });
});
afterAll(() => fronts.close());

const rest = (key: string, headers: Record<string, string> = {}): Sent => ({
  path: PATH,
  headers: { "x-api-key": key, ...headers },
});
const corsOf = ({ headers }: Received) => headers["access-control-allow-origin"];

const post = (path: string, type: string, body: string): Sent => ({
  method: "POST",
  path,
  headers: { "content-type": type },
  body,
});
const basic = (key: string) => ({ authorization: `Basic ${btoa(`1:${key}`)}` });

/** Every way to an operation with the key `distant`, and how it tells that the address is wrong. */
const DOORS: readonly [
  door: string,
  sent: Sent,
  status: number,
  told: string | RegExp | undefined,
][] = [
  ["REST", { path: PATH }, 403, "address_forbidden"],
  [
    "REST with a body",
    post("/v1/locations:batchGet", "application/json", "{}"),
    403,
    "address_forbidden",
  ],
  [
    "a stream by REST",
    post("/v1/locations:stream", "text/plain", "192.0.2.1\n"),
    403,
    "address_forbidden",
  ],
  ["Connect", post(`${GEO}/GetLocation`, "application/json", "{}"), 403, "ADDRESS_FORBIDDEN"],
  [
    "Connect by GET",
    { path: `${GEO}/GetLocation?encoding=json&message={}` },
    403,
    "ADDRESS_FORBIDDEN",
  ],
  [
    "gRPC-Web",
    post(`${GEO}/GetLocation`, "application/grpc-web+proto", EMPTY_ENVELOPE),
    200,
    GRPC_STATUS,
  ],
  ["gRPC", post(`${GEO}/GetLocation`, "application/grpc+proto", EMPTY_ENVELOPE), 200, GRPC_STATUS],
  [
    "a stream by gRPC",
    post(`${GEO}/StreamLocations`, "application/grpc+proto", ""),
    200,
    GRPC_STATUS,
  ],
  ["Abstract", { path: "/v1/?ip_address=192.0.2.1" }, 403, "forbidden"],
  [
    "MaxMind",
    { path: "/geoip/v2.1/city/192.0.2.1", headers: basic("distant") },
    403,
    "PERMISSION_REQUIRED",
  ],
  ["ipinfo", { path: "/compat/ipinfo/192.0.2.1" }, 403, undefined],
  ["ip-api", { path: "/compat/ip-api/json/192.0.2.1" }, 403, undefined],
];

describe.each([
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] as const)("over %s", (protocol, client) => {
  const send = (sent: Sent) => client(fronts.port, sent);

  test.each(DOORS)(
    "%s refuses a key at another address, and reaches no operation",
    async (door, sent, status, told) => {
      // gRPC needs HTTP/2.
      if (protocol === "HTTP/1.1" && /\bgRPC$/.test(door)) return;
      const before = fronts.invocations.length;
      const headers = { "x-api-key": "distant", origin: PAGE, ...sent.headers };
      const received = await send({ ...sent, headers });
      expect(received.status).toBe(status);
      if (told !== undefined) {
        expect(`${received.body} ${JSON.stringify(received.headers)}`).toMatch(told);
      }
      expect(fronts.invocations).toHaveLength(before);
    },
  );

  test("an address is the client's own, as trusted proxies tell it", async () => {
    expect((await send(rest("local"))).status).toBe(200);
    const elsewhere = { "x-forwarded-for": "198.51.100.7" };
    expect((await send(rest("local", elsewhere))).status).toBe(403);
    const allowed = { "x-forwarded-for": "::ffff:192.0.2.7", origin: PAGE };
    expect((await send(rest("distant", allowed))).status).toBe(200);
  });

  test("a key for pages needs their origin, and a page may read what it gets", async () => {
    const read = await send(rest("paged", { origin: PAGE }));
    expect([read.status, corsOf(read)]).toEqual([200, PAGE]);
    expect(read.headers["vary"]).toMatch(/^Origin\b/);
    for (const headers of [{}, { origin: OTHER_PAGE }, { origin: "null" }]) {
      const refused = await send(rest("paged", headers));
      expect(refused.status).toBe(403);
      expect(JSON.parse(refused.body)).toMatchObject({ code: "origin_forbidden" });
      expect(corsOf(refused)).toBeUndefined();
      expect(refused.headers["vary"]).toBe("Origin");
    }
  });

  test("a page that a key allows may read why its address is refused", async () => {
    const refused = await send(rest("distant", { origin: PAGE }));
    expect([refused.status, corsOf(refused)]).toEqual([403, PAGE]);
  });

  test("what the operator allows is allowed to read, and does not widen what a key allows", async () => {
    const read = await send(rest("free", { origin: OPERATORS_PAGE }));
    expect([read.status, corsOf(read)]).toEqual([200, OPERATORS_PAGE]);
    const refused = await send(rest("paged", { origin: OPERATORS_PAGE }));
    expect([refused.status, corsOf(refused)]).toEqual([403, OPERATORS_PAGE]);
  });

  test("what one key allows, answers to another do not", async () => {
    const answer = await send(rest("free", { origin: PAGE }));
    expect([answer.status, corsOf(answer)]).toEqual([200, undefined]);
  });

  test.each([
    [PAGE, 204, PAGE],
    [OPERATORS_PAGE, 204, OPERATORS_PAGE],
    [OTHER_PAGE, 204, undefined],
  ])(
    "a preflight, which shows no key, is granted to pages that any key allows: %s",
    async (origin, status, allowed) => {
      const headers = { origin, "access-control-request-method": "GET" };
      const received = await send({ method: "OPTIONS", path: PATH, headers });
      expect([received.status, corsOf(received)]).toEqual([status, allowed]);
      expect(received.headers["access-control-allow-methods"] !== undefined).toBe(
        allowed !== undefined,
      );
    },
  );
});

test("a connection that remembers its key asks each time where a request comes from", async () => {
  const request = (origin: string, last = "") =>
    `GET ${PATH} HTTP/1.1\r\nHost: x\r\nX-API-Key: paged\r\nOrigin: ${origin}\r\n${last}\r\n`;
  const bytes = await sendRaw(
    fronts.port,
    request(PAGE) + request(OTHER_PAGE) + request(PAGE, "Connection: close\r\n"),
  );
  expect(parseAnswers(bytes).map(({ status }) => status)).toEqual([200, 403, 200]);
});
