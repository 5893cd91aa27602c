import { X509Certificate } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { openCertificate } from "./certificate.ts";
import { createTestCertificate } from "./testing/test-certificate.ts";

const POLL_MS = 5;

interface Pem {
  readonly cert: string;
  readonly key: string;
}

const issue = (): Pem => createTestCertificate().material;
const fingerprint = (pem: string | Buffer) => new X509Certificate(pem).fingerprint256;

function files(pair: Pem) {
  const dir = mkdtempSync(path.join(tmpdir(), "geomesh-certificate-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const [httpsCertFile, httpsKeyFile] = [path.join(dir, "cert.pem"), path.join(dir, "key.pem")];
  writeFileSync(httpsCertFile, pair.cert);
  writeFileSync(httpsKeyFile, pair.key);
  return { dir, paths: { httpsCertFile, httpsKeyFile } };
}

async function open(paths: { httpsCertFile: string; httpsKeyFile: string }) {
  const lines: string[] = [];
  const log = createLog({
    service: "test",
    destination: { write: (line) => void lines.push(line) },
  });
  const opened = await openCertificate(paths, { clock: SYSTEM_CLOCK, log }, { pollMs: POLL_MS });
  if (opened === undefined) throw new Error("there is no certificate");
  onTestFinished(() => opened.close());
  const inUse = (pair: Pem) =>
    eventually(() => fingerprint(opened.material.cert) === fingerprint(pair.cert));
  const problems = () =>
    lines.map((line) => JSON.parse(line).problem).filter((problem) => problem !== undefined);
  return { opened, inUse, problems, lines };
}

test("without files there is no certificate", async () => {
  const none = { httpsCertFile: "", httpsKeyFile: "" };
  const log = createLog({ service: "test", destination: { write: () => undefined } });
  expect(await openCertificate(none, { clock: SYSTEM_CLOCK, log })).toBeUndefined();
});

test("files that are written in place, replaced by others, or linked elsewhere are read again", async () => {
  const { dir, paths } = files(issue());
  const { inUse, problems } = await open(paths);
  const inPlace = issue();
  writeFileSync(paths.httpsCertFile, inPlace.cert);
  writeFileSync(paths.httpsKeyFile, inPlace.key);
  await inUse(inPlace);
  const renamed = issue();
  writeFileSync(path.join(dir, "new-cert.pem"), renamed.cert);
  writeFileSync(path.join(dir, "new-key.pem"), renamed.key);
  renameSync(path.join(dir, "new-cert.pem"), paths.httpsCertFile);
  renameSync(path.join(dir, "new-key.pem"), paths.httpsKeyFile);
  await inUse(renamed);
  const linked = files(issue());
  for (const name of ["cert.pem", "key.pem"]) {
    symlinkSync(path.join(linked.dir, name), path.join(dir, `link-${name}`));
    renameSync(path.join(dir, `link-${name}`), path.join(dir, name));
  }
  const last = issue();
  writeFileSync(linked.paths.httpsCertFile, last.cert);
  writeFileSync(linked.paths.httpsKeyFile, last.key);
  await inUse(last);
  expect(problems().every((problem) => /is not that of the certificate/.test(problem))).toBe(true);
});

test("a pair that cannot be used keeps the former, is told once for each change, and can be mended", async () => {
  const first = issue();
  const { paths } = files(first);
  const { opened, inUse, problems, lines } = await open(paths);
  const { httpsCertFile: cert, httpsKeyFile: key } = paths;
  const mismatch = `the key in ${key} is not that of the certificate in ${cert}`;
  const told = async (count: number) => {
    await eventually(() => problems().length === count);
    expect(fingerprint(opened.material.cert)).toBe(fingerprint(first.cert));
  };
  writeFileSync(cert, issue().cert);
  await told(1);
  writeFileSync(cert, issue().cert);
  await told(2);
  writeFileSync(cert, "no certificate");
  await told(3);
  rmSync(cert);
  await told(4);
  const mended = issue();
  writeFileSync(cert, mended.cert);
  writeFileSync(key, mended.key);
  await inUse(mended);
  expect(problems().slice(0, 4)).toEqual([
    mismatch,
    mismatch,
    `GATEWAY_HTTPS_CERT_FILE: ${cert} does not begin with a certificate in PEM`,
    `GATEWAY_HTTPS_CERT_FILE: ${cert} cannot be read (ENOENT)`,
  ]);
  expect(lines.join("")).not.toContain("PRIVATE");
  expect(opened.expiresMs).toBe(new X509Certificate(mended.cert).validToDate.getTime());
});

test.each([
  ["a key of another certificate", () => ({ ...issue(), key: issue().key }), /is not that of/],
  ["no certificate", () => ({ ...issue(), cert: "" }), /CERT_FILE: .*certificate in PEM$/],
  ["no key", () => ({ ...issue(), key: "secret" }), /KEY_FILE: .*private key in PEM without/],
])("at the start %s is one sentence that tells no contents", async (_what, pair, problem) => {
  const { paths } = files(pair());
  const failed = open(paths);
  await expect(failed).rejects.toMatchObject({
    reason: "SETTING_INVALID",
    message: expect.stringMatching(problem),
  });
  await expect(failed).rejects.not.toThrow(/secret|PRIVATE|\n/);
});
