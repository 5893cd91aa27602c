import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const SOURCE = "gateway/src/transcode/testing";
const MODULES = { version: "v2", modules: [{ path: SOURCE }, { path: "proto/third_party" }] };

/** The descriptors of `kinds.proto`, compiled by buf in about 0.1 s. */
export const KINDS_REGISTRY: FileRegistry = createFileRegistry(
  fromBinary(
    FileDescriptorSetSchema,
    execFileSync(
      "buf",
      ["build", SOURCE, "--config", JSON.stringify(MODULES), "--as-file-descriptor-set", "-o", "-"],
      { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 },
    ),
  ),
);

/** `kinds.v1.Kinds`, which has a field of every kind. */
export const KINDS: DescMessage = messageOf("Kinds");
/** `kinds.v1.Inner`, a message of few fields that may contain itself. */
export const INNER: DescMessage = messageOf("Inner");

function messageOf(name: string): DescMessage {
  const found = KINDS_REGISTRY.getMessage(`kinds.v1.${name}`);
  if (found === undefined) throw new Error(`kinds.proto has no message ${name}`);
  return found;
}
