import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import {
  GetQuotaResponse,
  MeteringServiceService,
} from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { Closers } from "@geomesh/runtime/closers";
import { ClientMetrics } from "@geomesh/runtime/grpc/client-metrics";
import { implement } from "@geomesh/runtime/grpc/server";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { createIdentify } from "@geomesh/runtime/trust/identify";
import { openTlsFiles } from "@geomesh/runtime/trust/tls-files";
import { type Certificate, createAuthority } from "@geomesh/servers/certificates";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { createTestCallers } from "@geomesh/testing/test-callers";
import { afterAll, afterEach, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { openUpstreams } from "./upstreams.ts";

const log = createLog({ service: "test", level: "silent" });
const callers = createTestCallers();
const authority = createAuthority("Test authority");
const closers: Closers[] = [];
afterAll(() => callers.remove());
afterEach(async () => {
  for (const each of closers.splice(0)) await each.closeAll();
});

function newClosers(): Closers {
  const made = new Closers(log);
  closers.push(made);
  return made;
}

const quota = () => GetQuotaResponse.fromPartial({ quota: { limit: 5n } });
const unused = () => {
  throw new Error("not part of this test");
};
const METERING = implement(MeteringServiceService, {
  getQuota: quota,
  queryUsage: unused,
  queryInstallationUsage: unused,
});
const BY_NAME = new Map([["dns:gateway", Access_Caller.GATEWAY]]);

/** Files with a certificate, in a directory that goes with the test. */
function filesWith({ cert, key }: Certificate) {
  const dir = mkdtempSync(path.join(tmpdir(), "upstreams-"));
  const write = (name: string, text: string) => {
    writeFileSync(path.join(dir, name), text);
    return path.join(dir, name);
  };
  newClosers().add("directory", async () => rmSync(dir, { recursive: true }));
  return {
    tlsCertFile: write("tls.crt", cert),
    tlsKeyFile: write("tls.key", key),
    tlsCaFile: write("ca.crt", authority.cert),
  };
}

function open(env: Record<string, string>) {
  const nobody = `unix:${callers.dir}/nobody.sock`;
  const tokens = {
    AUTH_ADDRESS: nobody,
    AUTH_TOKEN_FILE: callers.tokenFileOf("gateway"),
    METERING_ADDRESS: nobody,
    METERING_TOKEN_FILE: callers.tokenFileOf("gateway"),
  };
  const metrics = new ClientMetrics(createMetrics("test"));
  return openUpstreams(readConfig({ ...tokens, ...env }), { closers: newClosers(), log, metrics });
}

test("with a certificate the gateway is known by its name, at metering as anywhere", async () => {
  const tls = await openTlsFiles(filesWith(authority.issue("localhost")), { log });
  const identify = createIdentify({ byTokenHash: new Map(), byName: BY_NAME });
  const server = await startTestGrpcServer(METERING, { tls, identify });
  newClosers().add("server", async () => {
    await server.close(0);
    await tls?.close();
  });
  const files = filesWith(authority.issue("gateway"));
  const { metering } = await open({
    METERING_ADDRESS: `localhost:${server.port}`,
    METERING_TOKEN_FILE: "",
    GATEWAY_TLS_CERT_FILE: files.tlsCertFile,
    GATEWAY_TLS_KEY_FILE: files.tlsKeyFile,
    GATEWAY_TLS_CA_FILE: files.tlsCaFile,
  });
  expect(await metering.getQuota({ accountId: "acct_a" })).toMatchObject({ quota: { limit: 5n } });
});

test("at a socket the gateway shows its token", async () => {
  const socketPath = path.join(callers.dir, "metering.sock");
  const shown: unknown[] = [];
  const server = await startTestGrpcServer(METERING, {
    socketPath,
    identify: ({ metadata }) => {
      shown.push(...metadata.get("authorization"));
      return Access_Caller.GATEWAY;
    },
  });
  newClosers().add("server", () => server.close(0));
  const { metering } = await open({ METERING_ADDRESS: `unix:${socketPath}` });
  expect(await metering.getQuota({ accountId: "acct_a" })).toMatchObject({ quota: { limit: 5n } });
  expect(shown).toEqual([`Bearer ${callers.tokenOf("gateway")}`]);
});

test.each([
  [{ AUTH_TOKEN_FILE: "" }, "AUTH_TOKEN_FILE is required"],
  [{ METERING_TOKEN_FILE: "" }, "METERING_TOKEN_FILE is required"],
  [{ METERING_ADDRESS: "127.0.0.1:50053" }, "METERING_TOKEN_FILE is not sent to 127.0.0.1:50053"],
  [{ GATEWAY_TLS_CERT_FILE: "/tls.crt" }, "must be set together"],
])("the gateway does not start with %j", async (env, sentence) => {
  await expect(open(env)).rejects.toMatchObject({
    reason: "SETTING_INVALID",
    publicMessage: expect.stringContaining(sentence),
  });
});
