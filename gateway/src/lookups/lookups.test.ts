import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import {
  type LookupFramesRequest,
  LookupFramesResponse,
  LookupServiceService,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { implement, startGrpcServer } from "@geomesh/runtime/grpc/server";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { FRAMES_RPC } from "./frames-rpc.ts";
import { addresses, lookupsForTest } from "./testing/lookups.ts";

const log = createLog({ service: "test", level: "silent" });
const UNAVAILABLE = { kind: "unavailable", reason: "UPSTREAM_UNAVAILABLE" };

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

function lookupsOver(port: number, timeoutMs = 2_000) {
  const geo = createTsProtoClient(FRAMES_RPC, { address: `127.0.0.1:${port}`, deadlineMs: 1_000 });
  onTestFinished(() => geo.close());
  return lookupsForTest({ open: (options) => geo.lookupFrames(options) }, { timeoutMs });
}

test("lookups of one turn travel in one frame and each gets its own answer", async () => {
  const geo = await startGeo();
  onTestFinished(geo.close);
  const { locate } = lookupsOver(geo.port);
  await locate(["0.0.0.0"]);
  const all = await Promise.all([
    locate(["1.1.1.1"]),
    locate(["2.2.2.2", "3.3.3.3"]),
    locate(["4.4.4.4"], { language: "ja" }),
  ]);
  expect(all).toEqual([["1.1.1.1"], ["2.2.2.2", "3.3.3.3"], ["4.4.4.4"]]);
  expect(geo.frames.slice(1)).toEqual([["1.1.1.1", "2.2.2.2", "3.3.3.3"], ["4.4.4.4"]]);
});

test("more addresses than a frame holds keep their order over several", async () => {
  const geo = await startGeo();
  onTestFinished(geo.close);
  const many = addresses(1_000);
  expect(await lookupsOver(geo.port).locate(many)).toEqual(many);
  expect(geo.frames.flat()).toEqual(many);
  expect(Math.max(...geo.frames.map((frame) => frame.length))).toBe(256);
});

test("a request for no addresses is answered without asking geo", async () => {
  const geo = await startGeo();
  onTestFinished(geo.close);
  expect(await lookupsOver(geo.port).locate([])).toEqual([]);
  expect(geo.frames).toEqual([]);
});

test("lookups wait 2 s for a geo that is lost, then fail at once, and succeed again when it is back", async () => {
  const first = await startGeo();
  const { locate } = lookupsOver(first.port, 60_000);
  await locate(["1.1.1.1"]);
  await first.close();
  await expect(locate(["2.2.2.2"])).rejects.toMatchObject(UNAVAILABLE);
  // If each waited, these would take longer than the test may.
  for (let n = 0; n < 50; n += 1) {
    await expect(locate(["2.2.2.2"])).rejects.toMatchObject(UNAVAILABLE);
  }
  const second = await startGeo({ port: first.port });
  onTestFinished(second.close);
  await eventually(() => locate(["3.3.3.3"]));
});

test("lookups that geo never answers fail after the timeout", async () => {
  const geo = await startGeo({ silent: true });
  onTestFinished(geo.close);
  await expect(lookupsOver(geo.port, 200).locate(["1.1.1.1"])).rejects.toMatchObject(UNAVAILABLE);
});

test("a geo that answers nothing is asked for no more than the credit of its stream", async () => {
  const geo = await startGeo({ silent: true });
  onTestFinished(geo.close);
  const { ask } = lookupsOver(geo.port);
  for (let i = 0; i < 16; i += 1) ask(addresses(1_000));
  await eventually(() => geo.frames.flat().length === 512);
});

test("lookups fail at once when they are closed, whether they wait, travel or come later", async () => {
  const geo = await startGeo({ silent: true });
  onTestFinished(geo.close);
  const { lookups, ask } = lookupsOver(geo.port);
  const travelling = ask(addresses(1_000));
  await eventually(() => geo.frames.length === 2);
  const waiting = ask(["1.1.1.1"]);
  lookups.close();
  const late = ask(["2.2.2.2"]);
  for (const asker of [travelling, waiting, late]) {
    await expect(asker.outcome).rejects.toMatchObject(UNAVAILABLE);
  }
});
