import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTsProtoClient } from "./client.ts";
import { implement } from "./implement.ts";

let dir: string;
let socketPath: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "doors-"));
  socketPath = path.join(dir, "letters.sock");
});
afterEach(() => rmSync(dir, { recursive: true }));

const serve = () => startTestGrpcServer(implement(LettersService, letters), { socketPath });

async function shoutAt(address: string): Promise<string> {
  const client = createTsProtoClient(LettersService, { address, deadlineMs: 5_000 });
  return client.shout("mesh").finally(() => client.close());
}

test("a server answers at its socket and at its port, and removes the socket when it closes", async () => {
  const server = await serve();
  expect(await shoutAt(`unix:${socketPath}`)).toBe("MESH");
  expect(await shoutAt(server.address)).toBe("MESH");
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  await server.close(5_000);
  expect(existsSync(socketPath)).toBe(false);
});

test("a socket that a killed process left is replaced", async () => {
  // What is left has the same effect as a file: nobody answers there.
  writeFileSync(socketPath, "");
  const server = await serve();
  expect(await shoutAt(`unix:${socketPath}`)).toBe("MESH");
  await server.close(5_000);
});

test("a socket that another process uses is not taken from it", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(socketPath, resolve));
  await expect(serve()).rejects.toMatchObject({
    reason: "CANNOT_LISTEN",
    publicMessage: `cannot listen on ${socketPath}: another process is using it`,
  });
  await new Promise((resolve) => other.close(resolve));
});

test("a server does not start where other users could reach its socket", async () => {
  chmodSync(dir, 0o755);
  await expect(serve()).rejects.toThrow(`${dir} must have mode 0700`);
});
