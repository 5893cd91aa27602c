import { create } from "@bufbuild/protobuf";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { afterEach, expect, test } from "vitest";
import { createEsClient } from "./client.ts";
import { implement } from "./implement.ts";

const opened: { close(graceMs: number): unknown }[] = [];
afterEach(() => Promise.all(opened.splice(0).map((each) => each.close(0))));

async function serve() {
  const server = await startTestGrpcServer(implement(LettersService, letters));
  const health = createEsClient(Health, { address: server.address, deadlineMs: 5_000 });
  opened.push(health, server);
  return { server, health };
}

test.each(["", "test.Letters"])("health of %j follows what the service says", async (service) => {
  const { server, health } = await serve();
  server.setServing(false);
  expect(await health.check({ service })).toMatchObject({ status: Status.NOT_SERVING });
  server.setServing(true);
  expect(await health.check({ service })).toMatchObject({ status: Status.SERVING });
});

test("a watcher hears that a server closes, before it is gone, and does not hold it up", async () => {
  const { server, health } = await serve();
  const request = create(HealthCheckRequestSchema, { service: "test.Letters" });
  const heard: Status[] = [];
  for await (const { status } of health.watch(request)) {
    heard.push(status);
    if (heard.length === 1) void server.close(60_000);
  }
  expect(heard).toEqual([Status.SERVING, Status.NOT_SERVING]);
});
