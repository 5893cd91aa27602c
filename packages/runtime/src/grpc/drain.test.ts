import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { afterEach, expect, test } from "vitest";
import { createTsProtoClient } from "./client.ts";
import { type Handlers, implement } from "./implement.ts";

const HOUR_MS = 3_600_000;
const clients: { close(): void }[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function serve(handlers: Partial<Handlers<typeof LettersService>> = {}) {
  const server = await startTestGrpcServer(implement(LettersService, { ...letters, ...handlers }));
  const client = createTsProtoClient(LettersService, {
    address: server.address,
    deadlineMs: 5_000,
  });
  clients.push(client);
  return { server, client };
}

test("a closing server answers the calls under way and takes no more", async () => {
  const [started, released] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const shout = () => {
    started.resolve();
    return released.promise;
  };
  const { server, client } = await serve({ shout });
  const call = client.shout("last");
  await started.promise;
  const closed = server.close(HOUR_MS);
  const refused = expect(client.shout("late")).rejects.toMatchObject({ kind: "unavailable" });
  released.resolve("answered");
  expect(await call).toBe("answered");
  await closed;
  await refused;
});

test("a closing server ends bidirectional streams in order, though their callers continue to write", async () => {
  const { server, client } = await serve();
  const call = client.echo();
  const answers: string[] = [];
  const ended = new Promise((resolve, reject) => call.on("end", resolve).on("error", reject));
  const answered = new Promise((resolve) => call.once("data", resolve));
  call.on("data", (text: string) => answers.push(text));
  call.write("before");
  await answered;
  const closed = server.close(HOUR_MS);
  for (let i = 0; i < 100; i++) call.write("after");
  await ended;
  await closed;
  expect(answers[0]).toBe("before");
});

test("what is not done after the grace is broken off, as unavailable", async () => {
  const started = Promise.withResolvers<void>();
  const shout = () => {
    started.resolve();
    return new Promise<string>(() => {});
  };
  const { server, client } = await serve({ shout });
  const call = client.shout("for ever");
  const outcome = expect(call).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  await started.promise;
  await server.close(10);
  await outcome;
});
