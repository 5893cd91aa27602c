/**
 * Copies the third-party contracts from the npm packages that ship them. `--check` compares instead.
 * `buf/validate/validate.proto` is only ever compared: its package ships a compiled descriptor, no text.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { createRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate as shipped } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { descriptorSetBytes } from "../descriptors.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const below = (dir: string, names: string[], from = dir) =>
  names.map((name) => [`${dir}/${name}.proto`, `${from}/${name}.proto`] as const);

const COPIES: readonly (readonly [target: string, source: string])[] = [
  ...below(
    "google/api",
    ["annotations", "http", "field_behavior", "httpbody"],
    "google-proto-files/google/api",
  ),
  ...below("google/rpc", ["code", "status", "error_details"], "google-proto-files/google/rpc"),
  ...below("grpc/health/v1", ["health"], "grpc-health-check/proto/health/v1"),
  ...below("grpc/reflection/v1", ["reflection"], "@grpc/reflection/build/proto/grpc/reflection/v1"),
  ...below(
    "grpc/reflection/v1alpha",
    ["reflection"],
    "@grpc/reflection/build/proto/grpc/reflection/v1alpha",
  ),
];

/** The descriptor as JSON without json names, which compilers fill in and packages leave out. */
function comparable(file: FileDescriptorProto): unknown {
  const json = toJson(FileDescriptorProtoSchema, file, { registry: createRegistry(shipped) });
  return JSON.parse(JSON.stringify(json, (key, value) => (key === "jsonName" ? undefined : value)));
}

function validateRulesDiffer(): boolean {
  const name = "buf/validate/validate.proto";
  const set = fromBinary(FileDescriptorSetSchema, descriptorSetBytes());
  const compiled = set.file.find((file) => file.name === name);
  return (
    compiled === undefined || !isDeepStrictEqual(comparable(compiled), comparable(shipped.proto))
  );
}

const stale: string[] = [];
for (const [target, source] of COPIES) {
  const path = join(root, "proto/third_party", target);
  const text = readFileSync(join(root, "node_modules", source), "utf8");
  if (process.argv.includes("--check")) {
    if (readFileSync(path, "utf8") !== text) stale.push(target);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
if (validateRulesDiffer()) stale.push("buf/validate/validate.proto");
for (const name of stale) console.error(`proto/third_party/${name} differs from its npm package`);
process.exitCode = stale.length > 0 ? 1 : 0;
