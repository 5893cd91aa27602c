import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { afterAll, expect, test } from "vitest";
import { readCallers, tokenHash } from "./callers.ts";
import { createIdentify, namesOf } from "./identify.ts";

const dir = mkdtempSync(path.join(tmpdir(), "callers-"));
const file = path.join(dir, "callers");
afterAll(() => rmSync(dir, { recursive: true }));

function read(text: string) {
  writeFileSync(file, text);
  return readCallers("AUTH_CALLERS_FILE", file);
}

function shown(authorization?: string, subjectaltname?: string) {
  return {
    metadata: { get: () => (authorization === undefined ? [] : [authorization]) },
    getAuthContext: () =>
      subjectaltname === undefined ? {} : { sslPeerCertificate: { subjectaltname } },
  };
}

const FILE = `# Who may call.
gateway  sha256:${tokenHash("old")}
gateway  sha256:${tokenHash("new")}

metering dns:metering.geomesh.svc
operator spiffe://example.org/operator
`;

test("a caller may have several tokens, and certificates have DNS or SPIFFE names", async () => {
  const identify = createIdentify(await read(FILE));
  expect(identify(shown("Bearer old"))).toBe(Access_Caller.GATEWAY);
  expect(identify(shown("bearer new"))).toBe(Access_Caller.GATEWAY);
  expect(identify(shown(undefined, "DNS:metering.geomesh.svc"))).toBe(Access_Caller.METERING);
  expect(identify(shown(undefined, "DNS:x, URI:spiffe://example.org/operator"))).toBe(
    Access_Caller.OPERATOR,
  );
  expect(identify(shown(undefined, "DNS:metering.geomesh.svc.evil.example"))).toBe(
    Access_Caller.ANYONE,
  );
  expect(identify(shown())).toBe(Access_Caller.ANYONE);
});

test.each(["Bearer other", "Bearer", "old", "Basic b2xk", "Bearer old new", ""])(
  "the header %j is the credential of nobody, whatever the certificate says",
  async (header) => {
    const identify = createIdentify(await read(FILE));
    expect(() => identify(shown(header, "DNS:metering.geomesh.svc"))).toThrow("no credential");
  },
);

test.each([
  ["an unknown caller", "auditor sha256:00"],
  ["anyone", "anyone dns:x"],
  ["a bare token", "gateway hush"],
  ["a hash that is none", "gateway sha256:hush"],
  ["no credential", "gateway"],
  ["two", `gateway dns:a dns:b`],
])("a line with %s is a mistake, whose text is not repeated", async (_, line) => {
  const failure = await read(`# one\n${line}\n`).catch(String);
  expect(failure).toContain(`${file}: line 2 is not one of gateway, metering, operator`);
  expect(failure).not.toContain("hush");
});

test("a file that is not there is one sentence", async () => {
  await expect(readCallers("AUTH_CALLERS_FILE", path.join(dir, "none"))).rejects.toThrow(
    /^AUTH_CALLERS_FILE: .*none cannot be read \(ENOENT\)$/,
  );
});

test.each([
  // Node writes a name with a comma as a JSON string, so that it is not two names.
  ['URI:"http://x, DNS:gateway, y", DNS:real', ["dns:real"]],
  ["IP Address:10.0.0.1, DNS:a, URI:spiffe://b/c", ["dns:a", "spiffe://b/c"]],
  ['DirName:"CN=a, DNS:gateway", DNS:b', ["dns:b"]],
  ["", []],
])("the names in %j are %j", (altNames, names) => {
  expect(namesOf(altNames)).toEqual(names);
});
