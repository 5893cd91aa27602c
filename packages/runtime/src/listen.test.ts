import { once } from "node:events";
import net from "node:net";
import { expect, test } from "vitest";
import { listen, stopListening } from "./listen.ts";

const CONNECTIONS = 50;

test("connections that wait to be accepted when a server stops are served, and later ones are refused", async () => {
  let served = 0;
  const server = net.createServer((socket) => {
    served += 1;
    socket.end("hello");
  });
  const port = await listen(server, 0, "127.0.0.1");
  // The system completes these at once; this process accepts them later.
  const sockets = Array.from({ length: CONNECTIONS }, () => net.connect(port, "127.0.0.1"));
  const answers = sockets.map(async (socket) => `${((await once(socket, "data")) as [Buffer])[0]}`);
  await stopListening(server);
  expect(new Set(await Promise.all(answers))).toEqual(new Set(["hello"]));
  expect(served).toBe(CONNECTIONS);
  const late = net.connect(port, "127.0.0.1");
  await expect(once(late, "connect")).rejects.toThrow("ECONNREFUSED");
});
