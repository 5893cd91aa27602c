import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { TlsFiles } from "./tls-files.ts";
import { openTrustedUpstream, openUpstream } from "./upstream.ts";

const root = mkdtempSync(path.join(tmpdir(), "upstream-"));
const dir = path.join(root, "sockets");
const socket = `unix:${dir}/auth.sock`;
const tokenFile = path.join(root, "token");
const tls = {} as TlsFiles;
const given = { address: socket, tokenFile, tokenSetting: "AUTH_TOKEN_FILE" };

beforeEach(() => {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { mode: 0o700 });
  writeFileSync(tokenFile, "hush\n");
});
afterAll(() => rmSync(root, { recursive: true }));

test("a token is sent to a socket that only this user can listen at, and TLS is for ports", async () => {
  expect(await openTrustedUpstream(given, undefined)).toEqual({ address: socket, token: "hush" });
  expect(await openTrustedUpstream(given, tls)).toEqual({ address: socket, token: "hush" });
});

test("where a certificate says who calls, no token is needed", async () => {
  const byName = { ...given, address: "auth:50052", tokenFile: "" };
  expect(await openTrustedUpstream(byName, tls)).toEqual({ address: "auth:50052", tls });
  await expect(openTrustedUpstream(byName, undefined)).rejects.toThrow(
    "AUTH_TOKEN_FILE is required: auth:50052 must know who calls",
  );
});

test.each(["127.0.0.1:50052", "127.1.2.3:1", "localhost:50052", "LOCALHOST:1", "[::1]:50052"])(
  "a token is not sent to %s, where anybody may listen, unless a certificate proves who answers",
  async (address) => {
    await expect(openTrustedUpstream({ ...given, address }, undefined)).rejects.toThrow(
      `AUTH_TOKEN_FILE is not sent to ${address}`,
    );
    expect(await openTrustedUpstream({ ...given, address }, tls)).toMatchObject({ tls });
  },
);

test("into a private network a token is sent as it is", async () => {
  const upstream = await openTrustedUpstream({ ...given, address: "auth:50052" }, undefined);
  expect(upstream).toEqual({ address: "auth:50052", token: "hush" });
});

test.each([
  ["others may enter", () => chmodSync(dir, 0o711), "must have mode 0700"],
  ["a group may write", () => chmodSync(dir, 0o770), "must have mode 0700"],
  ["it is not there", () => rmSync(dir, { recursive: true }), "must be a directory"],
])("a directory of a socket is refused where %s", async (_, spoil, sentence) => {
  spoil();
  expect(() => openUpstream(socket, undefined)).toThrow(sentence);
  await expect(openTrustedUpstream(given, undefined)).rejects.toThrow(sentence);
});

test.each([
  ["unix:auth.sock", "must be an absolute path"],
  [`unix:/${"x".repeat(107)}`, "is longer than the 107 bytes of a socket"],
])("%s is refused with a sentence", (address, sentence) => {
  expect(() => openUpstream(address, undefined)).toThrow(sentence);
});

test.each([
  ["", "must hold one token"],
  ["two tokens", "must hold one token"],
])(
  "a token file that holds %j is refused, and its text is not repeated",
  async (text, sentence) => {
    writeFileSync(tokenFile, text);
    const failure = await openTrustedUpstream(given, undefined).catch(String);
    expect(failure).toContain(sentence);
    expect(failure).not.toContain("two tokens");
  },
);
