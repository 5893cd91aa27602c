import { createServer, type ServerHttp2Session } from "node:http2";
import { createServer as createProxy } from "node:net";
import { create } from "@bufbuild/protobuf";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import {
  LookupFramesRequestSchema,
  LookupService,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import {
  LookupFramesResponse,
  LookupServiceService,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { AppError } from "../errors.ts";
import { listen } from "../listen.ts";
import { createEsClient, createTsProtoClient } from "./client.ts";
import { type Handlers, implement } from "./implement.ts";

const opened: { close(graceMs: number): unknown }[] = [];
afterEach(() => Promise.all(opened.splice(0).map((each) => each.close(0))));

function lettersClient(address: string) {
  const client = createTsProtoClient(LettersService, { address, deadlineMs: 5_000 });
  opened.push(client);
  return client;
}

async function serveLetters(handlers: Partial<Handlers<typeof LettersService>> = {}, port = 0) {
  const service = implement(LettersService, { ...letters, ...handlers });
  const server = await startTestGrpcServer(service, { port });
  opened.push(server);
  return server;
}

test("a client of protobuf-es messages speaks to a server of ts-proto messages", async () => {
  const unused = () => {
    throw new Error("not part of this test");
  };
  const geo = implement(GeoServiceService, {
    getLocation: unused,
    getLocationField: unused,
    streamLocations: unused,
    batchGetLocations: ({ ipAddresses }) => ({
      results: ipAddresses.map((ipAddress) => ({
        result: { $case: "error", value: { ipAddress, code: "unknown", message: "" } },
      })),
    }),
    listDatasets: unused,
  });
  const lookups = implement(LookupServiceService, {
    lookupFrames(call) {
      call.on("data", ({ frameId }) => call.write(LookupFramesResponse.fromPartial({ frameId })));
      call.on("end", () => call.end());
    },
  });
  const server = await startTestGrpcServer(geo, { services: [geo, lookups] });
  const options = { address: server.address, deadlineMs: 5_000 };
  const client = createEsClient(GeoService, options);
  const lookupClient = createEsClient(LookupService, options);
  opened.push(client, lookupClient, server);
  const { results } = await client.batchGetLocations({ ipAddresses: ["a", "b"] });
  expect(results.map(({ result }) => result.value)).toMatchObject([
    { ipAddress: "a", code: "unknown" },
    { ipAddress: "b", code: "unknown" },
  ]);
  const frames = lookupClient.lookupFrames();
  frames.end(create(LookupFramesRequestSchema, { frameId: 7 }));
  expect(await frames.toArray()).toMatchObject([{ frameId: 7 }]);
});

test("a dead peer is unavailable, and nothing of it shows", async () => {
  const client = lettersClient(`127.0.0.1:${await freePort()}`);
  const failure = await client.shout("anyone?").catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: "unavailable", reason: "UPSTREAM_UNAVAILABLE" });
  expect((failure as AppError).publicMessage).toBe("a service is temporarily unavailable");
});

test("a peer that is too slow is unavailable", async () => {
  const server = await serveLetters({ shout: () => new Promise(() => {}) });
  const call = lettersClient(server.address).shout("hello", { deadlineMs: 20 });
  await expect(call).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
});

test("a call lasts no longer than whoever waits for it has left", async () => {
  let deadline: Date | undefined;
  const server = await serveLetters({
    shout: (_text, context) => {
      deadline = context.deadline;
      return "HELLO";
    },
  });
  const client = lettersClient(server.address);
  await client.shout("hello", { leftMs: 3_000 });
  expect(deadline?.getTime()).toBeLessThanOrEqual(Date.now() + 3_000);
  // No longer than the client allows, however long somebody waits.
  await client.shout("hello", { leftMs: 2 ** 40 });
  expect(deadline?.getTime()).toBeLessThanOrEqual(Date.now() + 5_000);
  const call = client.shout("hello", { leftMs: 0 });
  await expect(call).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
});

test("a client heals when its peer comes back", async () => {
  const first = await serveLetters();
  const client = lettersClient(first.address);
  expect(await client.shout("one")).toBe("ONE");
  await first.close(0);
  await expect(client.shout("two")).rejects.toThrow(AppError);
  await serveLetters({}, first.port);
  await expect.poll(() => client.shout("three").catch(String), { timeout: 5_000 }).toBe("THREE");
});

test("a call with an aborted signal is cancelled at once", async () => {
  const client = lettersClient((await serveLetters()).address);
  const options = { signal: AbortSignal.abort() };
  await expect(client.shout("x", options)).rejects.toMatchObject({ kind: "cancelled" });
  const letters = Array.fromAsync(client.spell("x", options));
  await expect(letters).rejects.toMatchObject({ kind: "cancelled" });
  await expect(client.echo(options).toArray()).rejects.toThrow("CANCELLED");
});

test("a reader that leaves a stream early ends it at the server", async () => {
  const left = Promise.withResolvers<void>();
  async function* spell() {
    try {
      for (;;) yield "again";
    } finally {
      left.resolve();
    }
  }
  const client = lettersClient((await serveLetters({ spell })).address);
  for await (const letter of client.spell("x")) {
    expect(letter).toBe("again");
    break;
  }
  await left.promise;
});

test("a client's receive window is that of its streams and of its connection", async () => {
  const windowBytes = 4 * 1024 * 1024;
  const peer = createServer();
  const connected = new Promise<ServerHttp2Session>((resolve) => peer.once("session", resolve));
  const port = await listen(peer, 0, "127.0.0.1");
  const client = createTsProtoClient(LettersService, {
    address: `127.0.0.1:${port}`,
    deadlineMs: 5_000,
    receiveWindowBytes: windowBytes,
  });
  const call = client.echo();
  call.on("error", () => {});
  call.write("a");
  const session = await connected;
  await eventually(
    () =>
      session.remoteSettings.initialWindowSize === windowBytes &&
      session.state.remoteWindowSize === windowBytes,
  );
  client.close();
  session.destroy();
  peer.close();
});

test("a proxy that the environment names hears nothing of what processes say to each other", async () => {
  let connections = 0;
  const proxy = createProxy((connection) => {
    connections += 1;
    connection.destroy();
  });
  const port = await listen(proxy, 0, "127.0.0.1");
  onTestFinished(() => void proxy.close());
  vi.stubEnv("grpc_proxy", `http://127.0.0.1:${port}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { address } = await serveLetters();
  expect(await lettersClient(address).shout("mesh")).toBe("MESH");
  expect(connections).toBe(0);
});

test.each(["a: b?c=d&e#f", "100 %, %3A and %zz", "two\nlines", "Zürich – 東京"])(
  "the message %j of an error arrives as it was sent",
  async (message) => {
    const shout = () => {
      throw new AppError("NOT_FOUND", { message });
    };
    const { address } = await serveLetters({ shout });
    await expect(lettersClient(address).shout("mesh")).rejects.toMatchObject({
      publicMessage: message,
    });
  },
);
