import { create } from "@bufbuild/protobuf";
import {
  GetQuotaResponseSchema,
  MeteringService,
} from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import {
  GetQuotaResponse,
  MeteringServiceService,
} from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createEsClient } from "@geomesh/runtime/grpc/client";
import { implement } from "@geomesh/runtime/grpc/server";
import { eventually } from "@geomesh/testing/eventually";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { http1, http2PriorKnowledge } from "../http/testing/clients.ts";
import { onBehalfOf } from "../operations/call.ts";
import { AccessLog } from "../telemetry/access-log.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;
const KEY = { "x-api-key": TEST_KEY };
const PASSED_ON = ["traceparent", "tracestate", "x-request-id"];
const QUOTA = "/v1/accounts/-/quota";

const CLIENTS = [
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] as const;

const unused = () => {
  throw new Error("not part of this test");
};
const METERING = implement(MeteringServiceService, {
  getQuota: () => GetQuotaResponse.fromPartial({}),
  queryUsage: unused,
  queryInstallationUsage: unused,
});

type Metadata = Readonly<Record<string, unknown>>;

/** Metadata that metering was shown, and lines of the access log. */
let shown: Metadata[];
let lines: Metadata[];
let fronts: TestFronts;

beforeEach(async () => {
  shown = [];
  lines = [];
  const metering = await startTestGrpcServer(METERING, {
    identify: ({ metadata }) => {
      const values = PASSED_ON.map((name) => [name, metadata.get(name)[0]]);
      shown.push(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
      return Access_Caller.GATEWAY;
    },
  });
  const client = createEsClient(MeteringService, { address: metering.address, deadlineMs: 5_000 });
  const output = {
    write: (text: string) =>
      void lines.push(
        ...text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line)),
      ),
  };
  const accessLog = new AccessLog({ output, clock: SYSTEM_CLOCK }, { withClientAddress: false });
  fronts = await startTestFronts(
    async ({ operation, call, principal }) => {
      if (operation !== "GetQuota") return undefined;
      for (const _call of [1, 2]) {
        await client.getQuota(
          { accountId: "acct_1" },
          onBehalfOf(call, principal, { clock: SYSTEM_CLOCK, takesIdempotencyKey: false }),
        );
      }
      return create(GetQuotaResponseSchema);
    },
    { accessLog },
  );
  onTestFinished(async () => {
    await fronts.close();
    client.close();
    await metering.close(0);
    accessLog.close();
  });
});

describe.each(CLIENTS)("over %s", (_protocol, client) => {
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const received = await client(fronts.port, { path, headers: { ...KEY, ...headers } });
    expect(received.status).toBe(200);
    return received;
  };

  test("calls to services carry the trace on, below one span of the gateway", async () => {
    const given = { traceparent: PARENT, tracestate: "a=1, b=2", "x-request-id": "r-1" };
    const { headers } = await ask(QUOTA, given);
    const parent = expect.stringMatching(new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-01$`));
    const passedOn = { traceparent: parent, tracestate: "a=1,b=2", "x-request-id": "r-1" };
    expect(shown).toMatchObject([passedOn, passedOn]);
    expect(shown[0]?.["traceparent"]).toBe(shown[1]?.["traceparent"]);
    // The standard has no such header of answers.
    expect(headers).not.toHaveProperty("traceparent");
    expect(headers).toMatchObject({ "x-request-id": "r-1" });
  });

  test.each([
    ["none", {}],
    ["an invalid one", { traceparent: PARENT.toUpperCase(), tracestate: "a=1" }],
    ["an invalid state alone", { tracestate: "a=1" }],
  ])("a trace begins here where the request has %s", async (_what, headers) => {
    await ask(QUOTA, headers);
    expect(shown[0]).toMatchObject({
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
    });
    expect(shown[0]?.["traceparent"]).not.toContain(TRACE);
    expect(shown[0]).not.toHaveProperty("tracestate");
  });

  test("the access log has the trace of the request, or the one that went to a service", async () => {
    await ask("/v1/datasets", { traceparent: PARENT });
    await ask("/v1/datasets");
    await ask(QUOTA);
    await eventually(() => lines.length === 3);
    expect(lines[0]).toMatchObject({ trace_id: TRACE });
    expect(lines[1]).not.toHaveProperty("trace_id");
    expect(shown[0]?.["traceparent"]).toContain(`-${lines[2]?.["trace_id"]}-`);
  });
});
