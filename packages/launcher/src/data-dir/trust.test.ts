import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readCallers, tokenHash } from "@geomesh/runtime/trust/callers";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { openDataDir } from "./data-dir.ts";
import { makeTrust } from "./trust.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "geomesh-trust-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

function trustIn(dir: string) {
  const trust = makeTrust(openDataDir(dir));
  onTestFinished(() => trust.close());
  return trust;
}

test("each service knows the operator and whoever calls it, by a token of its own", async () => {
  const trust = trustIn(parent);
  const token = (path: string) => tokenHash(readFileSync(path, "utf8").trim());
  const operator = tokenHash(trust.operatorToken);
  const auth = await readCallers("AUTH_CALLERS_FILE", trust.callersFileOf("auth"));
  expect([...auth.byTokenHash.keys()]).toEqual([
    operator,
    token(trust.tokenFileOf("gateway", "auth")),
    token(trust.tokenFileOf("metering", "auth")),
  ]);
  const metering = await readCallers("METERING_CALLERS_FILE", trust.callersFileOf("metering"));
  expect([...metering.byTokenHash.keys()]).toEqual([
    operator,
    token(trust.tokenFileOf("gateway", "metering")),
  ]);
  expect(new Set([...auth.byTokenHash.values()]).size).toBe(3);
});

test("only this user reads it, what was left there goes, and its end removes it", () => {
  const dir = join(parent, "trust");
  mkdirSync(dir, { mode: 0o755 });
  writeFileSync(join(dir, "auth.sock"), "");
  const trust = trustIn(parent);
  expect(dirname(trust.socketOf("auth"))).toBe(dir);
  expect(existsSync(trust.socketOf("auth"))).toBe(false);
  expect(modeOf(dir)).toBe(0o700);
  expect(modeOf(trust.tokenFileOf("gateway", "auth"))).toBe(0o600);
  trust.close();
  expect(existsSync(dir)).toBe(false);
});

test("tokens of processes are new at each start; the operator's stays as it is in the credentials", () => {
  const first = trustIn(parent);
  const gateway = readFileSync(first.tokenFileOf("gateway", "auth"), "utf8");
  writeFileSync(
    join(parent, "credentials.json"),
    JSON.stringify({ operator_token: first.operatorToken }),
  );
  const second = trustIn(parent);
  expect(second.operatorToken).toBe(first.operatorToken);
  expect(readFileSync(second.tokenFileOf("gateway", "auth"), "utf8")).not.toBe(gateway);
});

test("where the path of the data directory is too long for a socket, a private directory elsewhere serves", () => {
  const trust = trustIn(join(parent, "long".repeat(25)));
  for (const service of ["geo", "auth", "metering"] as const) {
    expect(Buffer.byteLength(trust.socketOf(service))).toBeLessThanOrEqual(107);
  }
  const dir = dirname(trust.socketOf("auth"));
  expect(dir.startsWith(tmpdir())).toBe(true);
  expect(modeOf(dir)).toBe(0o700);
  trust.close();
  expect(existsSync(dir)).toBe(false);
});
