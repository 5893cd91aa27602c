import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import {
  type LookupFramesRequest,
  LookupFramesResponse,
  LookupServiceService,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { callOf } from "@geomesh/runtime/grpc/call";
import { channelOptions } from "@geomesh/runtime/grpc/channel";
import { type GrpcServer, implement } from "@geomesh/runtime/grpc/server";
import { eventually } from "@geomesh/testing/eventually";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { Client, credentials } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import type { OpenStream } from "./frame-stream.ts";
import { FRAMES_RPC } from "./frames-rpc.ts";
import { lookupsForTest } from "./testing/lookups.ts";

const GRACE_MS = 5_000;
const ROUNDS = 2;
const CALLERS = 8;
const AWAY_ANSWERS = 2_000;

/** Answers every address, a moment after its frame came, so that there is always something under way. */
const service = implement(LookupServiceService, {
  lookupFrames(call) {
    call.on("data", ({ frameId, ipAddresses }: LookupFramesRequest) => {
      const results = ipAddresses.map((ipAddress) => ({
        result: { $case: "error" as const, value: { ipAddress, code: "", message: "" } },
      }));
      setImmediate(() => {
        if (call.writable) call.write(LookupFramesResponse.fromPartial({ frameId, results }));
      });
    });
    call.on("end", () => setImmediate(() => call.end()));
  },
});

const startGeo = (port = 0) =>
  startTestGrpcServer(service, { port, descriptors: descriptorSetBytes() });

/** Opens streams at both, in turn, as a name with two addresses makes a gateway do. */
function openAt(ports: readonly number[]): OpenStream {
  const target = `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(",")}`;
  const channel = new Client(
    target,
    credentials.createInsecure(),
    channelOptions({ address: "", retried: [], receiveWindowBytes: undefined }),
  );
  onTestFinished(() => channel.close());
  return callOf(channel, FRAMES_RPC.lookupFrames as never, {
    deadlineMs: GRACE_MS,
    token: undefined,
  }) as unknown as OpenStream;
}

test("geos that restart in turn, each as soon as the other listens, fail no lookup", async () => {
  const geos: GrpcServer[] = [await startGeo(), await startGeo()];
  onTestFinished(async () => void (await Promise.all(geos.map((geo) => geo.close(0)))));
  const ports = geos.map(({ port }) => port);
  const { locate, lookups } = lookupsForTest({ open: openAt(ports) }, { streams: 2 });
  await eventually(() => expect(lookups.counts.streamsUp).toBe(2));

  const seen = { answered: 0, failed: [] as unknown[] };
  let isDone = false;
  const loop = async (net: number) => {
    for (let n = 0; !isDone; n += 1) {
      const address = `10.${net}.${(n >> 8) & 255}.${n & 255}`;
      try {
        expect(await locate([address])).toEqual([address]);
        seen.answered += 1;
      } catch (error) {
        seen.failed.push(error);
      }
    }
  };
  const loops = Array.from({ length: CALLERS }, (_, net) => loop(net));
  const answersMore = (count: number) => {
    const before = seen.answered;
    return eventually(() => seen.answered > before + count);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, port] of ports.entries()) {
      await geos[at]?.close(GRACE_MS);
      // Long enough that the channel tries seldom.
      await answersMore(AWAY_ANSWERS);
      // The other leaves at once: nobody waits until the gateway has found this one again.
      geos[at] = await startGeo(port);
    }
  }
  await answersMore(50);
  await eventually(() => expect(lookups.counts.streamsUp).toBe(2));
  expect(lookups.problems()).toEqual([]);
  isDone = true;
  await Promise.all(loops);
  expect(seen.failed).toEqual([]);
  expect(lookups.counts.lostStreams).toBeGreaterThan(0);
});
