import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  BatchGetLocationsRequestSchema,
  GeoService,
  GetLocationRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { eventually } from "@geomesh/testing/eventually";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { http1 } from "../../http/testing/clients.ts";
import { turns } from "../../lookups/testing/fake-geo.ts";
import { addresses } from "../../lookups/testing/lookups.ts";
import type { Policy } from "../../operations/policy.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { pipelineForTest, QUOTA_UNITS, TIMEOUT_MS } from "../../rpc/testing/pipeline.ts";
import { startTestFronts, TEST_KEY } from "../testing/fronts.ts";
import { callRaw, envelope, type RawProtocol } from "./testing/raw-rpc.ts";

const principal = principalForTest();

/** The real fronts over the real policy, by a clock that the test moves. */
async function frontsOverPipeline() {
  const pipeline = await pipelineForTest();
  await pipeline.lease(principal);
  const { clock, policy: real } = pipeline;
  /** Called before each call reaches the policy. */
  const before = { run: () => undefined as unknown };
  const policy: Partial<Policy> = {
    refuseEarly: real.refuseEarly,
    run(...args) {
      before.run();
      real.run(...args);
    },
  };
  const fronts = await startTestFronts(() => undefined, {
    ...{ authenticate: () => principal, policy, clock },
  });
  onTestFinished(() => fronts.close());
  return { ...pipeline, fronts, before };
}

interface Call {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const one: Call = {
  path: `/${GeoService.typeName}/GetLocation`,
  bytes: toBinary(
    GetLocationRequestSchema,
    create(GetLocationRequestSchema, { ipAddress: "192.0.2.1" }),
  ),
};
const thousand: Call = {
  path: `/${GeoService.typeName}/BatchGetLocations`,
  bytes: toBinary(
    BatchGetLocationsRequestSchema,
    create(BatchGetLocationsRequestSchema, { ipAddresses: addresses(1_000) }),
  ),
};

const PROTOCOLS: readonly [RawProtocol, string, string][] = [
  ["connect", "connect-timeout-ms", "1"],
  ["grpc", "grpc-timeout", "1m"],
  ["grpc-web", "grpc-timeout", "1m"],
];

describe.each(PROTOCOLS)("by %s", (protocol, header, oneMs) => {
  const send = (port: number, { path, bytes }: Call, timeout?: string) =>
    callRaw(port, protocol, {
      path,
      body: protocol === "connect" ? bytes : envelope(bytes),
      headers: timeout === undefined ? {} : { [header]: timeout },
    });
  const late = {
    httpStatus: protocol === "connect" ? 504 : 200,
    ...{ code: Code.DeadlineExceeded, reason: "DEADLINE_EXCEEDED" },
  };

  test("a batch of 1,000 that is answered late is DEADLINE_EXCEEDED, and charged nothing", async () => {
    const { fronts, geo, clock, usage, unitsLeft } = await frontsOverPipeline();
    geo.isHolding = true;
    const answered = send(fronts.port, thousand, oneMs);
    await eventually(() => geo.frames.length === 2);
    clock.advance(1);
    geo.isHolding = false;
    while (geo.underWay.length > 0) geo.answer();
    expect(await answered).toMatchObject(late);
    expect(usage).toMatchObject([{ status: 504, units: 0, leaseNumber: 0n }]);
    expect(await unitsLeft(principal)).toBe(QUOTA_UNITS);
  });

  test("a lookup that geo does not answer ends at the client's deadline", async () => {
    const { fronts, geo, clock, usage } = await frontsOverPipeline();
    geo.isHolding = true;
    const answered = send(fronts.port, one, oneMs);
    await eventually(() => geo.frames.length === 1);
    clock.advance(1);
    expect(await answered).toMatchObject(late);
    expect(usage).toMatchObject([{ status: 504, units: 0 }]);
  });

  test("a call that is late before it begins asks geo for nothing, and costs no rate", async () => {
    const { fronts, geo, clock, before, usage, rateLeft } = await frontsOverPipeline();
    const rate = rateLeft(principal);
    before.run = () => clock.advance(1);
    expect(await send(fronts.port, one, oneMs)).toMatchObject(late);
    expect([geo.frames, usage, rateLeft(principal)]).toEqual([[], [], rate]);
  });

  test("a deadline that has passed when the call comes is told at once", async () => {
    const { fronts, usage } = await frontsOverPipeline();
    const zero = protocol === "connect" ? "0" : "0n";
    expect(await send(fronts.port, one, zero)).toMatchObject(late);
    expect(usage).toEqual([]);
  });

  test("an answer whose usage was recorded in time is sent, and billed, however long the disk takes", async () => {
    const { fronts, geo, disk, clock, usage } = await frontsOverPipeline();
    geo.isHolding = true;
    disk.isHolding = true;
    const answered = send(fronts.port, one, oneMs);
    await eventually(() => geo.frames.length === 1);
    geo.answer();
    clock.advance(10_000);
    await eventually(() => disk.underWay === 1);
    disk.finishSync();
    expect(await answered).toMatchObject({ httpStatus: 200, code: 0 });
    expect(usage).toMatchObject([{ status: 200, units: 1 }]);
  });

  test.each(
    protocol === "connect"
      ? ["2147483647", "2147483648", "9999999999"]
      : ["720H", "99999999H", "99999999S"],
  )("%s is a long time, and no reason to hurry", async (timeout) => {
    const warned = vi.fn();
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    const { fronts, usage } = await frontsOverPipeline();
    expect(await send(fronts.port, one, timeout)).toMatchObject({ httpStatus: 200, code: 0 });
    expect(usage).toMatchObject([{ status: 200, units: 1 }]);
    await turns();
    const overflow = expect.objectContaining({ name: "TimeoutOverflowWarning" });
    expect(warned).not.toHaveBeenCalledWith(overflow);
  });

  test("without a deadline, geo has the gateway's own time: then it is 503, as for REST", async () => {
    const { fronts, geo, clock, usage } = await frontsOverPipeline();
    geo.isHolding = true;
    const headers = { "x-api-key": TEST_KEY };
    const rest = http1(fronts.port, { path: "/v1/locations/192.0.2.1", headers });
    const answered = send(fronts.port, one);
    await eventually(() => geo.addresses() === 2);
    clock.advance(TIMEOUT_MS);
    expect(await answered).toMatchObject({ code: Code.Unavailable, reason: "UNAVAILABLE" });
    expect((await rest).status).toBe(503);
    expect(usage).toMatchObject([
      { status: 503, units: 0 },
      { status: 503, units: 0 },
    ]);
  });

  test("a body that takes longer than the client waits is late, not slow", async () => {
    const fronts = await startTestFronts();
    onTestFinished(() => fronts.close());
    const headers = { [header]: protocol === "connect" ? "20" : "20m" };
    const call = { path: one.path, body: one.bytes.subarray(0, 3), headers, isUnfinished: true };
    expect(await callRaw(fronts.port, protocol, call)).toMatchObject(late);
  });
});
