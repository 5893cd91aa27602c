import { fromBinary } from "@bufbuild/protobuf";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import {
  type LookupFramesRequest,
  LookupFramesResponse,
  LookupServiceService,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { FRAMES_RPC } from "./frames-rpc.ts";
import { type Locator, startLocator } from "./locator.ts";

const log = createLog({ service: "test", level: "silent" });

/** A geo that answers each address by an error with that address, so that answers can be told apart. */
async function startGeo(options: { port?: number; silent?: boolean } = {}) {
  const frames: string[][] = [];
  const service = implement(LookupServiceService, {
    lookupFrames(call) {
      call.on("data", ({ frameId, ipAddresses }: LookupFramesRequest) => {
        frames.push(ipAddresses);
        const results = ipAddresses.map((ipAddress) => ({
          result: { $case: "error" as const, value: { ipAddress, code: "", message: "" } },
        }));
        if (!options.silent) call.write(LookupFramesResponse.fromPartial({ frameId, results }));
      });
      call.on("end", () => call.end());
    },
  });
  const server = await startGrpcServer({
    port: options.port ?? 0,
    services: [service],
    descriptors: descriptorSetBytes(),
    log,
    metrics: createMetrics("test"),
  });
  server.setServing(true);
  return { port: server.port, frames, close: () => server.close(0) };
}

function locatorForTest(port: number, timeoutMs = 2_000): Locator {
  const geo = createTsProtoClient(FRAMES_RPC, { address: `127.0.0.1:${port}`, deadlineMs: 1_000 });
  const deps = { open: () => geo.lookupFrames(), clock: SYSTEM_CLOCK, log };
  const locator = startLocator(deps, { streams: 1, timeoutMs });
  onTestFinished(() => {
    locator.close();
    geo.close();
  });
  return locator;
}

const answered = (results: Awaited<ReturnType<Locator["locate"]>>) =>
  results.map((bytes) => {
    const { result } = fromBinary(LocationResultSchema, bytes);
    return result.case === "error" ? result.value.ipAddress : undefined;
  });

test("lookups of one turn travel in one frame and each gets its own answer", async () => {
  const geo = await startGeo();
  onTestFinished(geo.close);
  const locator = locatorForTest(geo.port);
  await locator.locate(["0.0.0.0"], "en");
  const [one, two, three] = await Promise.all([
    locator.locate(["1.1.1.1"], "en"),
    locator.locate(["2.2.2.2", "3.3.3.3"], "en"),
    locator.locate(["4.4.4.4"], "ja"),
  ]);
  expect([one, two, three].map((results) => answered(results ?? []))).toEqual([
    ["1.1.1.1"],
    ["2.2.2.2", "3.3.3.3"],
    ["4.4.4.4"],
  ]);
  expect(geo.frames.slice(1)).toEqual([["1.1.1.1", "2.2.2.2", "3.3.3.3"], ["4.4.4.4"]]);
});

test("more addresses than a frame holds keep their order over several", async () => {
  const geo = await startGeo();
  onTestFinished(geo.close);
  const many = Array.from({ length: 1_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  expect(answered(await locatorForTest(geo.port).locate(many, "en"))).toEqual(many);
  expect(geo.frames.map((frame) => frame.length)).toEqual([500, 500]);
});

test("lookups fail at once while geo is unavailable, and succeed again when it is back", async () => {
  const first = await startGeo();
  const locator = locatorForTest(first.port);
  await locator.locate(["1.1.1.1"], "en");
  await first.close();
  await expect(locator.locate(["2.2.2.2"], "en")).rejects.toMatchObject({
    kind: "unavailable",
    reason: "UPSTREAM_UNAVAILABLE",
  });
  const second = await startGeo({ port: first.port });
  onTestFinished(second.close);
  await eventually(() => locator.locate(["3.3.3.3"], "en"), { deadlineMs: 8_000 });
});

test("lookups that geo never answers fail after the timeout", async () => {
  const geo = await startGeo({ silent: true });
  onTestFinished(geo.close);
  const locator = locatorForTest(geo.port, 200);
  await expect(locator.locate(["1.1.1.1"], "en")).rejects.toMatchObject({ kind: "unavailable" });
});

test("the number of waiting addresses is bounded", async () => {
  const geo = await startGeo({ silent: true });
  onTestFinished(geo.close);
  const locator = locatorForTest(geo.port, 500);
  const thousand = Array.from({ length: 1_000 }, () => "1.1.1.1");
  const asked = Array.from({ length: 51 }, () => locator.locate(thousand, "en"));
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect(geo.frames.flat().length).toBeLessThanOrEqual(50_000);
});
