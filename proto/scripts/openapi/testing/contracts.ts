import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { generateOpenApi } from "../plugin.ts";
import type { Document, Operation } from "../types.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** What the compiler asks of a plugin for the contracts in a directory with a buf.yaml; the project's own by default. */
export function compilerRequest(directory: string = root): CodeGeneratorRequest {
  const argv = ["build", directory, "--as-file-descriptor-set", "-o", "-"];
  const set = execFileSync("buf", argv, { cwd: root, maxBuffer: OUTPUT_BYTES_MAX });
  const { file } = fromBinary(FileDescriptorSetSchema, set);
  return create(CodeGeneratorRequestSchema, {
    fileToGenerate: file.map(({ name }) => name),
    protoFile: file,
  });
}

/** The document that the plugin answers with. Errors: Error with what is wrong with the contracts. */
export function documentFor(request: CodeGeneratorRequest): Document {
  const { error, file } = generateOpenApi(request);
  if (error) throw new Error(error);
  return JSON.parse(file[0]?.content ?? "") as Document;
}

const HEAD = `syntax = "proto3";
package geomesh.sample.v1;
import "buf/validate/validate.proto";
import "geomesh/policy/v1/policy.proto";
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/httpbody.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
`;

/** The document of the given services and messages, which may use whatever contracts use. */
export function documentOfSample(definitions: string): Document {
  return documentFor(requestOfSample(definitions));
}

/** What the compiler asks of a plugin for the given services and messages, which may use whatever contracts use. */
export function requestOfSample(definitions: string): CodeGeneratorRequest {
  const directory = mkdtempSync(join(tmpdir(), "geomesh-contracts-"));
  try {
    for (const part of ["third_party", "geomesh/policy", "geomesh/common"]) {
      const target = join(directory, "proto", part.replace("third_party", ""));
      cpSync(join(root, "proto", part), target, { recursive: true });
    }
    const path = join(directory, "proto/geomesh/sample/v1/sample.proto");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${HEAD}${definitions}`);
    writeFileSync(join(directory, "buf.yaml"), "version: v2\nmodules:\n  - path: proto\n");
    return compilerRequest(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** An operation by its id. */
export function operationNamed({ paths }: Document, id: string): Operation & { place: string } {
  for (const [path, item] of Object.entries(paths)) {
    for (const [verb, operation] of Object.entries(item)) {
      if (operation.operationId === id) {
        return { ...operation, place: `${verb.toUpperCase()} ${path}` };
      }
    }
  }
  throw new Error(`the document has no operation ${id}`);
}
