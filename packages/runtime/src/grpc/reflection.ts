import { fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import type {
  ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import type { ServerReflectionRequest as AlphaRequest } from "@geomesh/proto/es/grpc/reflection/v1alpha/reflection_pb";
import { status } from "@grpc/grpc-js";

/** v1 and v1alpha differ in nothing but their package. */
export type ReflectionRequest = ServerReflectionRequest | AlphaRequest;
/** An answer of grpc.reflection, of either version. */
export type ReflectionResponse = MessageInitShape<typeof ServerReflectionResponseSchema>;
type Answer = NonNullable<ReflectionResponse["messageResponse"]>;

interface KnownFile {
  readonly dependencies: readonly string[];
  readonly bytes: Uint8Array;
}

/**
 * Answers grpc.reflection requests from a FileDescriptorSet. Files are sent as they were compiled, with their imports and
 * options, so that `buf curl` and `grpcurl` can use them.
 */
export class Reflector {
  readonly #files = new Map<string, KnownFile>();
  readonly #fileOfSymbol = new Map<string, string>();
  readonly #fileOfExtension = new Map<string, Map<number, string>>();
  readonly #services: readonly string[];

  /** `services` are those that are listed. */
  constructor(descriptorSet: Uint8Array, services: readonly string[]) {
    for (const file of fromBinary(FileDescriptorSetSchema, descriptorSet).file) this.#addFile(file);
    this.#services = services.toSorted();
  }

  /** Never throws: failures are answers as well. */
  answer(request: ReflectionRequest): ReflectionResponse {
    return {
      validHost: request.host,
      originalRequest: request as ServerReflectionRequest,
      messageResponse: this.#answer(request.messageRequest),
    };
  }

  #answer(request: ReflectionRequest["messageRequest"]): Answer {
    switch (request.case) {
      case "fileByFilename":
        return this.#filesFrom(request.value, request.value);
      case "fileContainingSymbol": {
        const symbol = request.value.replace(/^\./, "");
        return this.#filesFrom(this.#fileOfSymbol.get(symbol), symbol);
      }
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = request.value;
        const file = this.#fileOfExtension.get(containingType)?.get(extensionNumber);
        return this.#filesFrom(file, `${containingType}[${extensionNumber}]`);
      }
      case "allExtensionNumbersOfType":
        return this.#extensionNumbers(request.value);
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: this.#services.map((name) => ({ name })) },
        };
      default:
        return failure(status.UNIMPLEMENTED, "unknown reflection request");
    }
  }

  /** A file with everything that it imports, directly or not. */
  #filesFrom(name: string | undefined, asked: string): Answer {
    if (name === undefined || !this.#files.has(name)) {
      return failure(status.NOT_FOUND, `${asked} not found`);
    }
    const names = new Set([name]);
    for (const next of names) {
      for (const dependency of this.#files.get(next)?.dependencies ?? []) names.add(dependency);
    }
    const fileDescriptorProto = [...names].flatMap((next) => this.#files.get(next)?.bytes ?? []);
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
  }

  #extensionNumbers(type: string): Answer {
    const numbers = this.#fileOfExtension.get(type)?.keys();
    if (numbers === undefined && !this.#fileOfSymbol.has(type)) {
      return failure(status.NOT_FOUND, `${type} not found`);
    }
    const extensionNumber = [...(numbers ?? [])].toSorted((a, b) => a - b);
    return { case: "allExtensionNumbersResponse", value: { baseTypeName: type, extensionNumber } };
  }

  #addFile(file: FileDescriptorProto): void {
    // buf keeps notes about a file in an extension that does not belong to the file.
    delete file.$unknown;
    const bytes = toBinary(FileDescriptorProtoSchema, file);
    this.#files.set(file.name, { dependencies: file.dependency, bytes });
    const scope = file.package === "" ? "" : `${file.package}.`;
    for (const message of file.messageType) this.#addMessage(scope, message, file.name);
    for (const enumType of file.enumType) this.#addEnum(scope, enumType, file.name);
    for (const extension of file.extension) this.#addExtension(scope, extension, file.name);
    for (const service of file.service) {
      this.#fileOfSymbol.set(scope + service.name, file.name);
      for (const { name } of service.method) {
        this.#fileOfSymbol.set(`${scope}${service.name}.${name}`, file.name);
      }
    }
  }

  #addMessage(scope: string, message: DescriptorProto, file: string): void {
    const name = scope + message.name;
    this.#fileOfSymbol.set(name, file);
    for (const member of [...message.field, ...message.oneofDecl]) {
      this.#fileOfSymbol.set(`${name}.${member.name}`, file);
    }
    for (const nested of message.nestedType) this.#addMessage(`${name}.`, nested, file);
    for (const enumType of message.enumType) this.#addEnum(`${name}.`, enumType, file);
    for (const extension of message.extension) this.#addExtension(`${name}.`, extension, file);
  }

  #addEnum(scope: string, enumType: EnumDescriptorProto, file: string): void {
    this.#fileOfSymbol.set(scope + enumType.name, file);
    for (const value of enumType.value) this.#fileOfSymbol.set(scope + value.name, file);
  }

  #addExtension(
    scope: string,
    extension: { name: string; extendee: string; number: number },
    file: string,
  ): void {
    this.#fileOfSymbol.set(scope + extension.name, file);
    const extendee = extension.extendee.replace(/^\./, "");
    const numbers = this.#fileOfExtension.get(extendee) ?? new Map<number, string>();
    numbers.set(extension.number, file);
    this.#fileOfExtension.set(extendee, numbers);
  }
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
