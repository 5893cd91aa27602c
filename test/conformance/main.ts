/**
 * A server for Go's `connectconformance`: ConformanceService on the gateway's front for Connect, gRPC and gRPC-Web. It reads a
 * ServerCompatRequest from standard input, writes a ServerCompatResponse to standard output, each behind its length, and
 * serves until it is ended. README.md says how to run it.
 */
import { once } from "node:events";
import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { startConformanceServer } from "./conformance-server.ts";
import {
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from "./gen/connectrpc/conformance/v1/server_compat_pb.ts";

const LENGTH_BYTES = 4;

async function read(bytes: number): Promise<Buffer> {
  for (;;) {
    const chunk: Buffer | null = process.stdin.read(bytes);
    if (chunk !== null) return chunk;
    await once(process.stdin, "readable");
  }
}

function sized(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const length = (await read(LENGTH_BYTES)).readUInt32BE();
const asked = fromBinary(ServerCompatRequestSchema, await read(length));
const { host, port } = await startConformanceServer(asked.messageReceiveLimit);
const response = create(ServerCompatResponseSchema, { host, port });
process.stdout.write(sized(toBinary(ServerCompatResponseSchema, response)));
// The runner ends it by a signal.
