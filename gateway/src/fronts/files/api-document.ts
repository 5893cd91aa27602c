import { fileURLToPath } from "node:url";
import { openApiFile } from "@geomesh/proto/openapi";
import type { FileSet } from "./file-set.ts";

/** Short, as an upgrade changes the document; its tag makes asking again cheap. */
const CACHE_SECONDS = 300;

/**
 * The OpenAPI document of the REST API at `/openapi.json`. Its type is `application/json`, which every browser shows and every
 * tool reads.
 */
export function apiDocument(): FileSet {
  const document = {
    source: fileURLToPath(openApiFile()),
    type: "application/json",
    cacheControl: `public, max-age=${CACHE_SECONDS}`,
  };
  return { operation: "OpenApi", files: new Map([["/openapi.json", document]]) };
}
