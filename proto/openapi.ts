/** Where the OpenAPI 3.1 document of all public RPCs is, generated with the contracts. */
export function openApiFile(): URL {
  return new URL("gen/openapi/geomesh.openapi.json", import.meta.url);
}
