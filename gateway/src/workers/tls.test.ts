import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import tls from "node:tls";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { expect, onTestFinished, test } from "vitest";
import { http1, overTls } from "../http/testing/clients.ts";
import { createTestCertificate, type TestCertificate } from "../http/testing/test-certificate.ts";
import { FLAG } from "./testing/callers.ts";
import { GatewayProcess } from "./testing/gateway-process.ts";

const TIMEOUT_MS = 240_000;

function filesOf({ material }: TestCertificate) {
  const dir = mkdtempSync(path.join(tmpdir(), "geomesh-https-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const [certFile, keyFile] = [path.join(dir, "cert.pem"), path.join(dir, "key.pem")];
  const write = (pair: TestCertificate["material"]) => {
    writeFileSync(certFile, pair.cert);
    writeFileSync(keyFile, pair.key);
  };
  write(material);
  return { write, env: { GATEWAY_HTTPS_CERT_FILE: certFile, GATEWAY_HTTPS_KEY_FILE: keyFile } };
}

/** Whether a new connection shows a certificate of the authority. */
const shows = async (port: number, ca: string) =>
  await new Promise<boolean>((resolve) => {
    const socket = tls.connect({ host: "127.0.0.1", port, ca }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

test("several workers serve TLS and cleartext in turn, and all take a new certificate without a restart", {
  timeout: TIMEOUT_MS,
}, async () => {
  const [first, second] = [createTestCertificate(), createTestCertificate()];
  const { env, write } = filesOf(first);
  const httpsPort = await freePort();
  const gateway = await GatewayProcess.start({
    ...{ ...env, GATEWAY_HTTPS_PORT: `${httpsPort}`, GATEWAY_WORKERS: "2" },
  });
  onTestFinished(() => gateway.remove());
  await gateway.serving();
  const client = overTls(first.ca);
  const asks = [client.http1, client.http1, client.http2, client.http2];
  const answers = await Promise.all(asks.map((ask) => ask(httpsPort, { path: FLAG })));
  answers.push(await http1(gateway.port, { path: FLAG }));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const by = answers.map(({ headers }) => `${headers["x-request-id"]}`.split("-")[0]);
  expect(new Set(by).size).toBe(2);

  const pids = gateway.workers();
  write(second.material);
  // Connections go to the workers in turn.
  await eventually(async () => {
    const shown = [];
    for (let n = 0; n < 4; n += 1) shown.push(await shows(httpsPort, second.ca));
    expect(shown).toEqual([true, true, true, true]);
  });
  expect(gateway.workers()).toEqual(pids);
  expect(gateway.stdout).not.toContain("PRIVATE");
});

test.each(["1", "2"])(
  "with %s workers a key of another certificate is one sentence and status 1",
  { timeout: TIMEOUT_MS },
  async (workers) => {
    const { env, write } = filesOf(createTestCertificate());
    const { cert } = createTestCertificate().material;
    write({ ...createTestCertificate().material, cert });
    const gateway = await GatewayProcess.start({
      ...{ ...env, GATEWAY_HTTPS_PORT: `${await freePort()}`, GATEWAY_WORKERS: workers },
    });
    onTestFinished(() => gateway.remove());
    expect(await gateway.ended).toBe(1);
    expect(gateway.stderr).toMatch(
      /^gateway: the key in .* is not that of the certificate in .*\n$/,
    );
  },
);
