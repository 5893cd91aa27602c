import { toBinary } from "@bufbuild/protobuf";
import { ChangeSchema } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { createEsClient } from "@geomesh/runtime/grpc/client";
import { createDirectoryStandIn } from "@geomesh/testing/directory-stand-in";
import { onTestFinished } from "vitest";
import { type AuthRecord, change } from "./records.ts";

/** A client of auth's directory at an address, with a connection of its own. */
export const connectTo = (address: string) => () =>
  createEsClient(DirectoryService, { address, deadlineMs: 1_000 });

/** A directory that ends with the test and takes the records of this side. */
export async function authForTest() {
  const directory = await createDirectoryStandIn();
  await directory.start();
  onTestFinished(() => directory.stop());
  return {
    directory,
    connect: connectTo(directory.address),
    /** Commits a record and sends it to whoever watches. */
    commit(record: AuthRecord) {
      const { record: committed } = Change.decode(toBinary(ChangeSchema, change(0, record)));
      if (committed === undefined) throw new Error("a change without a record");
      directory.commit(committed);
    },
  };
}
