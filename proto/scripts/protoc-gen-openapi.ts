/**
 * A plugin of the protobuf compiler: makes the OpenAPI 3.1 document of all RPCs with a `google.api.http` rule. Reads a
 * CodeGeneratorRequest from standard input and writes a CodeGeneratorResponse to standard output.
 */
import process from "node:process";
import { buffer } from "node:stream/consumers";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { generateOpenApi } from "./openapi/plugin.ts";

const request = fromBinary(CodeGeneratorRequestSchema, await buffer(process.stdin));
process.stdout.write(toBinary(CodeGeneratorResponseSchema, generateOpenApi(request)));
