import { once } from "node:events";
import http from "node:http";
import { create } from "@bufbuild/protobuf";
import { CreatePlanResponseSchema } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import {
  BatchGetLocationsResponseSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Client, http1, http2PriorKnowledge, type Sent } from "../../http/testing/clients.ts";
import { type Answer, startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";

const KEY = { "x-api-key": TEST_KEY };
const JSON_KEY = { ...KEY, "content-type": "application/json" };

let answer: Answer;
let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts((invocation) => answer(invocation));
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
  answer = () => undefined;
});

describe.each([
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] satisfies [string, Client][])("REST over %s", (_protocol, client) => {
  const send = (sent: Sent) => client(fronts.port, { headers: KEY, ...sent });

  test("answers with the field that the rule names, as JSON with a length", async () => {
    answer = () => create(GetLocationResponseSchema, { location: { city: "Zürich 🇨🇭" } });
    const { status, headers, body } = await send({ path: "/v1/locations/2001:db8::1" });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "content-length": `${Buffer.byteLength(body)}`,
      ratelimit: '"key";r=9;t=1',
    });
    expect(JSON.parse(body)).toMatchObject({ city: "Zürich 🇨🇭", region: null });
    expect(fronts.invocations).toMatchObject([
      { operation: "GetLocation", request: { ipAddress: "2001:db8::1" } },
    ]);
  });

  test("binds a JSON body and answers with the whole response", async () => {
    answer = () => create(BatchGetLocationsResponseSchema, { results: [{}, {}] });
    const { status, body } = await send({
      method: "POST",
      path: "/v1/locations:batchGet",
      headers: JSON_KEY,
      body: '{"ip_addresses":["a","b"]}',
    });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ results: [{}, {}] });
    expect(fronts.invocations).toMatchObject([{ request: { ipAddresses: ["a", "b"] } }]);
  });

  test("answers 201 with the path and the etag of what it made", async () => {
    answer = () => create(CreatePlanResponseSchema, { plan: { planId: "small", etag: "e1" } });
    const { status, headers, body } = await send({
      method: "POST",
      path: "/v1/plans",
      headers: JSON_KEY,
      body: '{"plan_id":"small","key_rate":{"requests":30,"per":"60s"}}',
    });
    expect(status).toBe(201);
    expect(headers).toMatchObject({ location: "/v1/plans/small", etag: '"e1"' });
    expect(JSON.parse(body)).toMatchObject({ plan_id: "small", account_rate: null });
    const plan = { planId: "small", keyRate: { requests: 30, per: { seconds: 60n } } };
    expect(fronts.invocations).toMatchObject([{ operation: "CreatePlan", request: { plan } }]);
  });

  test("names a mistake in a body as the client wrote it, whoever found it", async () => {
    const found = [];
    answer = () => {
      const fields = [{ field: "key.name", description: "must not be empty" }];
      throw new AppError("INVALID_ARGUMENT", { message: "key.name: must not be empty", fields });
    };
    for (const body of ['{"nom":"n"}', "{}"]) {
      const sent = { method: "POST", path: "/v1/accounts/-/keys", headers: JSON_KEY, body };
      found.push(JSON.parse((await send(sent)).body));
    }
    expect(found).toMatchObject([
      { errors: [{ field: "nom", detail: "is not a field of this call" }] },
      {
        detail: "name: must not be empty",
        errors: [{ field: "name", detail: "must not be empty" }],
      },
    ]);
  });

  test("takes a missing body for an empty object, as a verb without arguments needs none", async () => {
    const { status } = await send({ method: "POST", path: "/v1/accounts/-/keys/k:revoke" });
    expect(status).toBe(200);
    expect(fronts.invocations).toMatchObject([
      { operation: "RevokeKey", request: { accountId: "-", keyId: "k" } },
    ]);
  });

  test("answers HEAD as GET without the body", async () => {
    const get = await send({ path: "/v1/datasets" });
    const head = await send({ path: "/v1/datasets", method: "HEAD" });
    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
  });

  test("lists the methods of a path for OPTIONS, without a key", async () => {
    const options = await send({ method: "OPTIONS", path: "/v1/accounts", headers: {} });
    expect(options).toMatchObject({ status: 204, body: "" });
    expect(options.headers["allow"]).toBe("POST, GET, HEAD, OPTIONS");
    expect(options.headers["content-length"]).toBeUndefined();
  });

  test("refuses another method, with a list of the allowed ones", async () => {
    const { status, headers, body } = await send({ method: "DELETE", path: "/v1/datasets" });
    expect(status).toBe(405);
    expect(headers["allow"]).toBe("GET, HEAD, OPTIONS");
    expect(JSON.parse(body)).toMatchObject({ code: "method_not_allowed" });
  });

  test("keeps a valid request id, on success and on failure", async () => {
    const headers = { ...KEY, "x-request-id": "mine-1" };
    for (const path of ["/v1/datasets", "/nowhere", "/v1/locations/%"]) {
      expect((await send({ path, headers })).headers["x-request-id"]).toBe("mine-1");
    }
  });

  test("checks the key before the rest of the request", async () => {
    const sent = { method: "POST", path: "/v1/locations:batchGet", body: "{" };
    expect((await send({ ...sent, headers: {} })).status).toBe(401);
    expect((await send({ ...sent, headers: JSON_KEY })).status).toBe(400);
    expect(fronts.invocations).toEqual([]);
  });

  test("answers what an operation throws as a problem", async () => {
    answer = () => {
      const options = { retryAfterMs: 2_500 };
      throw new AppError("RATE_LIMITED", { message: "slow down", ...options });
    };
    const { status, headers, body } = await send({ path: "/v1/datasets" });
    expect(status).toBe(429);
    expect(headers["retry-after"]).toBe("3");
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(JSON.parse(body)).toMatchObject({ code: "rate_limited", detail: "slow down" });
  });

  test("masks an unknown error, and logs it with the request id", async () => {
    answer = () => {
      throw new Error("connect ECONNREFUSED 10.0.0.1:5432");
    };
    const headers = { ...KEY, "x-request-id": "broken-1" };
    const { status, body } = await send({ path: "/v1/datasets", headers });
    expect(status).toBe(500);
    expect(body).not.toContain("ECONNREFUSED");
    const line = fronts.logged.find((each) => each["request_id"] === "broken-1");
    expect(JSON.stringify(line)).toContain("ECONNREFUSED");
    expect(JSON.stringify(fronts.logged)).not.toContain(TEST_KEY);
    fronts.logged.length = 0;
  });
});

test("an operation hears that its client has gone", async () => {
  const seen: AbortSignal[] = [];
  answer = ({ call }) => {
    seen.push(call.signal);
    return new Promise((resolve) =>
      call.signal.addEventListener("abort", () => resolve(undefined)),
    );
  };
  const going = new AbortController();
  const { signal } = going;
  const given = fetch(`${fronts.url}/v1/datasets`, { headers: KEY, signal });
  const refused = expect(given).rejects.toThrow();
  await eventually(() => seen.length === 1);
  going.abort();
  await refused;
  await eventually(() => seen[0]?.aborted === true);
});

test("a caller whom no request could serve is refused before its body is read", async () => {
  const refused: string[] = [];
  const refusing = await startTestFronts(() => undefined, {
    policy: {
      refuseEarly({ name }) {
        refused.push(name);
        throw new AppError("RATE_LIMITED");
      },
    },
  });
  onTestFinished(() => refusing.close());
  const path = "/v1/locations:batchGet";
  const headers = { ...JSON_KEY, "content-length": "1000" };
  const options = { port: refusing.port, host: "127.0.0.1", method: "POST", path, headers };
  const request = http.request({ ...options, agent: false });
  request.on("error", () => undefined);
  request.write("{");
  const [{ statusCode }] = (await once(request, "response")) as [http.IncomingMessage];
  request.destroy();
  expect([statusCode, refused, refusing.invocations]).toEqual([429, ["BatchGetLocations"], []]);
});
