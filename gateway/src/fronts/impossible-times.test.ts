import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { http1 } from "../http/testing/clients.ts";
import { callRaw } from "./connect/testing/raw-rpc.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

const CREATE_KEY = `/${AuthService.typeName}/CreateKey`;

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
});

describe("times that no calendar has", () => {
  const json = { "content-type": "application/json" };

  test.each(["2027-02-29T00:00:00Z", "2027-01-01T24:00:00Z", "2026-12-31T23:59:60Z"])(
    "%s is refused by Connect with the name of its field",
    async (time) => {
      const body = JSON.stringify({ account_id: "-", key: { name: "n", expire_time: time } });
      const answer = await callRaw(fronts.port, "connect", {
        path: CREATE_KEY,
        body,
        headers: json,
      });
      expect(answer).toMatchObject({ httpStatus: 400, code: Code.InvalidArgument });
      expect(answer.message).toMatch(/^key\.expire_time must be a time such as/);
      expect(fronts.invocations).toEqual([]);
    },
  );

  test("they are refused by REST, in bodies and queries", async () => {
    const { status, body } = await http1(fronts.port, {
      method: "POST",
      path: "/v1/accounts/-/keys",
      headers: { ...json, "x-api-key": TEST_KEY },
      body: '{"name":"n","expire_time":"2027-02-29T00:00:00Z"}',
    });
    expect(status).toBe(400);
    expect(JSON.parse(body).errors).toMatchObject([{ field: "expire_time" }]);
    const query = await http1(fronts.port, {
      path: "/v1/accounts/-/usage?start_time=2027-02-29T00:00:00Z",
      headers: { "x-api-key": TEST_KEY },
    });
    expect(query.status).toBe(400);
    expect(JSON.parse(query.body).errors).toMatchObject([{ field: "start_time" }]);
  });

  test("they are refused in binary, where any number of seconds can stand", async () => {
    const { input } = AuthService.method.createKey;
    for (const expireTime of [
      { seconds: 253_402_300_800n, nanos: 0 },
      { seconds: -62_135_596_801n, nanos: 0 },
      { seconds: 0n, nanos: 1_000_000_000 },
      { seconds: 0n, nanos: -1 },
    ]) {
      const body = toBinary(input, create(input, { key: { name: "n", expireTime } }));
      const answer = await callRaw(fronts.port, "connect", { path: CREATE_KEY, body });
      expect(answer).toMatchObject({ httpStatus: 400, code: Code.InvalidArgument });
      expect(answer.message).toBe("key.expire_time must be a time from the year 1 to 9999");
    }
    expect(fronts.invocations).toEqual([]);
  });
});
