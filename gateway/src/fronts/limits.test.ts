import { create, toBinary } from "@bufbuild/protobuf";
import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import {
  BatchGetLocationsRequestSchema,
  GetLocationRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { describe, expect, onTestFinished, test } from "vitest";
import type { PrincipalInit } from "../operations/testing/principal.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { pipelineForTest } from "../rpc/testing/pipeline.ts";
import { callRaw, envelope, type RawProtocol } from "./connect/testing/raw-rpc.ts";
import { startTestFronts } from "./testing/fronts.ts";

type Plan = NonNullable<PrincipalInit["plan"]>;
type Fields = Readonly<Record<string, unknown>>;

const SERVICE = "/geomesh.geo.v1.GeoService";
const ADDRESS = "192.0.2.1";
const HARD = { quotaMode: QuotaMode.HARD };
const UNITS = 3;
const PUBLIC = Array.from({ length: UNITS + 1 }, () => ADDRESS);

/** The fronts over the whole pipeline, for one caller. */
async function frontsFor(plan: Plan) {
  const pipeline = await pipelineForTest(1, UNITS);
  const principal = principalForTest({ plan });
  const { policy } = pipeline;
  const fronts = await startTestFronts(undefined, { authenticate: () => principal, policy });
  onTestFinished(() => fronts.close());
  return { ...pipeline, principal, port: fronts.port, url: fronts.url };
}

type Fronts = Awaited<ReturnType<typeof frontsFor>>;
/** Asks for addresses: the status, the reason in lower case, and the fields that were told. */
type Ask = (fronts: Fronts, addresses: readonly string[]) => Promise<[number, string, Fields]>;

const rest: Ask = async ({ url }, addresses) => {
  const [one] = addresses;
  const answer =
    addresses.length === 1
      ? await fetch(`${url}/v1/locations/${one}`)
      : await fetch(`${url}/v1/locations:batchGet`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ip_addresses: addresses }),
        });
  const { code } = (await answer.json()) as { code: string };
  return [answer.status, code, Object.fromEntries(answer.headers)];
};

const rpc =
  (protocol: RawProtocol): Ask =>
  async ({ port }, addresses) => {
    const [ipAddress = ""] = addresses;
    const isOne = addresses.length === 1;
    const bytes = isOne
      ? toBinary(GetLocationRequestSchema, create(GetLocationRequestSchema, { ipAddress }))
      : toBinary(
          BatchGetLocationsRequestSchema,
          create(BatchGetLocationsRequestSchema, { ipAddresses: [...addresses] }),
        );
    const { httpStatus, reason, headers } = await callRaw(port, protocol, {
      path: `${SERVICE}/${isOne ? "GetLocation" : "BatchGetLocations"}`,
      body: protocol === "connect" ? bytes : envelope(bytes),
    });
    return [httpStatus, reason?.toLowerCase() ?? "", headers];
  };

describe.each<[string, Ask, number]>([
  ["REST", rest, 429],
  ["Connect", rpc("connect"), 429],
  ["gRPC", rpc("grpc"), 200],
])("a refusal by a limit tells all limits by %s", (_front, ask, status) => {
  test.each<[string, Plan, string]>([
    [
      "its key",
      { keyRate: { requests: 1 }, accountRate: { requests: 5 } },
      'r=0;t=1, "account";r=3',
    ],
    [
      "its account",
      { keyRate: { requests: 5 }, accountRate: { requests: 1 } },
      'r=3;t=1, "account";r=0',
    ],
  ])("of the rate of %s", async (_whose, plan, told) => {
    const fronts = await frontsFor({ ...HARD, ...plan });
    await fronts.locate(ADDRESS, { principal: fronts.principal }).outcome;
    for (const addresses of [[ADDRESS], PUBLIC]) {
      const [answered, code, headers] = await ask(fronts, addresses);
      expect([answered, code]).toEqual([status, "rate_limited"]);
      expect(headers).toMatchObject({
        "retry-after": "1",
        ratelimit: expect.stringMatching(new RegExp(`^"key";${told};t=1, "month";r=2;t=\\d+$`)),
        "ratelimit-policy": expect.stringMatching(/^"key";q=\d;w=1, "account";q=\d;w=1, "month"/),
      });
    }
  });

  test("of what is left of the month", async () => {
    const fronts = await frontsFor(HARD);
    const [answered, code, headers] = await ask(fronts, PUBLIC);
    expect([answered, code]).toEqual([status, "quota_exceeded"]);
    const secondsLeft = Number(headers["retry-after"]);
    expect(headers).toMatchObject({
      ratelimit: expect.stringMatching(`"month";r=${UNITS};t=${secondsLeft}$`),
      "ratelimit-policy": expect.stringMatching(`"month";q=${UNITS};w=${31 * 24 * 3_600}$`),
    });
    expect(secondsLeft).toBeGreaterThan(3_600);
  });
});
