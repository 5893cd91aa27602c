import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponse_FileSchema,
  CodeGeneratorResponseSchema,
  Edition,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { ContractError } from "./contract-error.ts";
import { createDocument } from "./document.ts";

const FILE_NAME = "geomesh.openapi.json";
const { PROTO3_OPTIONAL, SUPPORTS_EDITIONS } = CodeGeneratorResponse_Feature;

/** Answers the compiler with one document for all files that it asks for, or with what is wrong with the contracts. */
export function generateOpenApi(request: CodeGeneratorRequest): CodeGeneratorResponse {
  const answer = create(CodeGeneratorResponseSchema, {
    supportedFeatures: BigInt(PROTO3_OPTIONAL | SUPPORTS_EDITIONS),
    minimumEdition: Edition.EDITION_PROTO2,
    maximumEdition: Edition.EDITION_2023,
  });
  const files = create(FileDescriptorSetSchema, { file: request.protoFile });
  const registry = createFileRegistry(files);
  const services = request.fileToGenerate.flatMap((name) => registry.getFile(name)?.services ?? []);
  try {
    const content = `${JSON.stringify(createDocument(registry, services), null, 2)}\n`;
    return {
      ...answer,
      file: [create(CodeGeneratorResponse_FileSchema, { name: FILE_NAME, content })],
    };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { ...answer, error: error.message };
  }
}
