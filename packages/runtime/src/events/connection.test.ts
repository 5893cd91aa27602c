import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../log.ts";
import { connectEvents } from "./bus.ts";

const hello = 'INFO {"server_id":"x","version":"2.9.10","headers":true,"max_payload":1048576}\r\n';

/** A server that answers the handshake's ping; `onSetUp` is what it does at the next one. */
async function startServer(onSetUp: (socket: Socket) => void): Promise<{ url: string }> {
  const server = createServer((socket) => {
    let pings = 0;
    socket.write(hello);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      for (const _ping of bytes.toString().matchAll(/PING\r\n/g)) {
        pings += 1;
        if (pings === 1) socket.write("PONG\r\n");
        else onSetUp(socket);
      }
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const log = createLog({ service: "test", level: "silent" });

test("a server that dies while a connection is set up is tried again, and closing does not wait for it", async () => {
  let attempts = 0;
  const { url } = await startServer((socket) => {
    attempts += 1;
    socket.destroy();
  });
  const events = await connectEvents({ url, name: "test", log });
  await eventually(() => attempts >= 2);
  expect(events.connected).toBe(false);
  await events.close();
});

test("closing does not wait for a server that falls silent while a connection is set up", async () => {
  const silent = Promise.withResolvers<void>();
  const { url } = await startServer(() => silent.resolve());
  const events = await connectEvents({ url, name: "test", log });
  await silent.promise;
  const startedAt = performance.now();
  await events.close();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
