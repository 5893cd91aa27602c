import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { checkPorts } from "./ports.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP address");
  return address.port;
}

const wanted = (setting: string, port: number) => ({ setting, host: "127.0.0.1", port });

test("free ports pass and stay free", async () => {
  await checkPorts([wanted("GEO_PORT", 0)]);
});

test("every taken port is named at once, with its setting and the way out", async () => {
  const [first, second] = [await takenPort(), await takenPort()];
  const checked = checkPorts([wanted("GATEWAY_PORT", first), wanted("NATS_PORT", second)]);
  await expect(checked).rejects.toThrow(
    `Port ${first} (GATEWAY_PORT) is taken: stop the program that uses it, or choose another port with GATEWAY_PORT=<port>.\n` +
      `Port ${second} (NATS_PORT) is taken`,
  );
});

test("an address that is not this machine's is refused by name", async () => {
  const checked = checkPorts([{ setting: "GATEWAY_PORT", host: "192.0.2.1", port: 8080 }]);
  await expect(checked).rejects.toThrow("cannot be opened on 192.0.2.1 (EADDRNOTAVAIL)");
});
