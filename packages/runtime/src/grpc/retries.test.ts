import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  AuthService,
  type CreateAccountRequestSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import {
  AuthServiceService,
  type CreateAccountRequest,
} from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { expect, onTestFinished, test } from "vitest";
import { AppError, type Reason } from "../errors.ts";
import { createEsClient, createTsProtoClient } from "./client.ts";
import { type Handlers, implement } from "./implement.ts";
import { retriedMethods, retriedMethodsOf } from "./retries.ts";

/** An auth that fails its first calls with a reason, and counts them all. */
async function serveAuth({ failures, reason }: { failures: number; reason: Reason }) {
  const tries = { getAccount: 0, createAccount: 0, watchChanges: 0 };
  const count = (method: keyof typeof tries) => {
    tries[method] += 1;
    if (tries[method] <= failures) throw new AppError(reason);
  };
  const handlers = {
    getAccount() {
      count("getAccount");
      return { account: undefined };
    },
    createAccount() {
      count("createAccount");
      return { account: undefined };
    },
  };
  const auth = implement(
    AuthServiceService,
    handlers as unknown as Handlers<typeof AuthServiceService>,
  );
  const directory = implement(DirectoryServiceService, {
    async *watchChanges() {
      count("watchChanges");
      yield { historyId: "", isReset: false, changes: [], completeThroughRevision: 0n };
    },
    acknowledgeChanges: () => ({}),
    reportKeyUse: () => ({}),
  });
  const server = await startTestGrpcServer(auth, { services: [auth, directory] });
  const options = { address: server.address, deadlineMs: 5_000 };
  const clients = [
    createEsClient(AuthService, options),
    createTsProtoClient(AuthServiceService, options),
  ] as const;
  const directories = [
    createEsClient(DirectoryService, options),
    createTsProtoClient(DirectoryServiceService, options),
  ] as const;
  onTestFinished(async () => {
    for (const client of [...clients, ...directories]) client.close();
    await server.close(0);
  });
  return { tries, clients, directories };
}

const reads = { accountId: "acct_a" };
const account = {
  ...{ accountId: "", name: "Acme", planId: "starter", externalId: undefined },
  ...{ state: 0, createTime: undefined, updateTime: undefined, etag: "", metadata: {} },
};
const writes = { account } as MessageInitShape<typeof CreateAccountRequestSchema> &
  CreateAccountRequest;
const watches = { historyId: "", afterRevision: 0n };

test.each([
  { flavour: "protobuf-es", index: 0 as const },
  { flavour: "ts-proto", index: 1 as const },
])(
  "a client of $flavour tries a read three times on UNAVAILABLE and a write once",
  async ({ index }) => {
    const reason = "DATABASE_UNAVAILABLE";
    const { tries, clients, directories } = await serveAuth({ failures: 9, reason });
    const refused = { reason };
    await expect(clients[index].getAccount(reads)).rejects.toMatchObject(refused);
    await expect(clients[index].createAccount(writes)).rejects.toMatchObject(refused);
    const changes = Array.fromAsync<unknown>(directories[index].watchChanges(watches));
    await expect(changes).rejects.toMatchObject(refused);
    expect(tries).toEqual({ getAccount: 3, createAccount: 1, watchChanges: 3 });
  },
);

test("a read succeeds though its peer is unavailable twice", async () => {
  const { tries, clients } = await serveAuth({ failures: 2, reason: "DATABASE_UNAVAILABLE" });
  await clients[0].getAccount(reads);
  await expect(clients[0].createAccount(writes)).rejects.toThrow(AppError);
  expect(tries).toMatchObject({ getAccount: 3, createAccount: 1 });
});

test("an answer other than UNAVAILABLE is final for a read too", async () => {
  const { tries, clients } = await serveAuth({ failures: 9, reason: "ACCOUNT_NOT_FOUND" });
  await expect(clients[0].getAccount(reads)).rejects.toMatchObject({ kind: "not_found" });
  expect(tries.getAccount).toBe(1);
});

test("what takes, lends, creates or revokes something is never retried", () => {
  const retried = [AuthService, DirectoryService, GeoService, MeteringService].flatMap(
    retriedMethods,
  );
  const names = retried.map(({ method }) => method);
  for (const read of ["GetAccount", "ListKeys", "WatchChanges", "GetLocation", "GetQuota"]) {
    expect(names).toContain(read);
  }
  expect(
    names.filter(
      (name) => !/^(Acknowledge|Report|Get|List|BatchGet|Query|Watch|Stream)/.test(name),
    ),
  ).toEqual([]);
});

test("the compiled contracts and the generated services agree on what is retried", () => {
  for (const service of [AuthService, DirectoryService, GeoService, MeteringService]) {
    expect(retriedMethodsOf(service.typeName)).toEqual(retriedMethods(service));
  }
  expect(retriedMethodsOf("test.Letters")).toEqual([]);
});
