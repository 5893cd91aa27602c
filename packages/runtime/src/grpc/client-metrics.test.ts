import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { expect, onTestFinished, test } from "vitest";
import { AppError } from "../errors.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createTsProtoClient } from "./client.ts";
import { ClientMetrics } from "./client-metrics.ts";
import { implement } from "./implement.ts";

test("calls are counted by method and code, and the last one tells whether the peer is reached", async () => {
  let fails = false;
  const shout = () => {
    if (fails) throw new AppError("NOT_FOUND");
    return "ok";
  };
  const server = await startTestGrpcServer(implement(LettersService, { ...letters, shout }));
  const registry = createMetrics("test");
  const metrics = new ClientMetrics(registry);
  const client = createTsProtoClient(LettersService, {
    ...{ address: server.address, deadlineMs: 5_000, metrics },
  });
  onTestFinished(() => client.close());
  const [, service = ""] = LettersService.shout.path.split("/");
  expect(metrics.reached(service)).toBeUndefined();
  await client.shout("a");
  for await (const _ of client.spell("ab"));
  fails = true;
  await client.shout("a").catch(() => undefined);
  expect(metrics.reached(service)).toBe(true);
  await server.close(0);
  await client.shout("a").catch(() => undefined);
  expect(metrics.reached(service)).toBe(false);

  const text = await registry.registry.metrics();
  const counted = (method: string, code: string) =>
    new RegExp(`^grpc_client_handled_total{method="${method}",code="${code}",.*} 1$`, "m");
  const { path } = LettersService.shout;
  for (const code of ["OK", "NOT_FOUND", "UNAVAILABLE"]) expect(text).toMatch(counted(path, code));
  expect(text).toMatch(counted(LettersService.spell.path, "OK"));
});
