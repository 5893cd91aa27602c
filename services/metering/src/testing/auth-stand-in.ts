import { DirectoryServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";

export { createDirectoryStandIn, type DirectoryStandIn } from "@geomesh/testing/directory-stand-in";

/** Makes clients of auth's directory at an address, each with a connection of its own. */
export const connectTo = (address: string) => () =>
  createTsProtoClient(DirectoryServiceService, { address, deadlineMs: 5_000 });
