import type { Document, Operation, PathItem, Schema } from "../../openapi/types.ts";
import { breakingChanges } from "../documents.ts";

/** A reference to a component schema. */
export const at = (name: string) => ({ $ref: `#/components/schemas/${name}` });
/** A JSON body. */
export const json = (schema: Schema) => ({ "application/json": { schema } });

/** A call that answers a Key. */
export const GET: Operation = {
  operationId: "KeyService_GetKey",
  tags: ["KeyService"],
  responses: { "200": { description: "The key.", content: json(at("Key")) } },
  security: [{ bearer: ["keys:read"] }],
  "x-geomesh-scope": "keys:read",
  "x-geomesh-metered": false,
  "x-geomesh-account-field": "account_id",
};

/** A call that takes a KeyInput. */
export const POST: Operation = {
  ...GET,
  operationId: "KeyService_CreateKey",
  requestBody: { required: true, content: json(at("KeyInput")) },
};

/** The field `name` of KeyInput. */
export const NAME: Schema = { type: "string", minLength: 1, maxLength: 200 };
/** The components of the base document. */
export const SCHEMAS: Record<string, Schema> = {
  Key: {
    type: "object",
    properties: { name: { type: "string" }, note: { type: ["string", "null"] }, rate: at("Rate") },
    required: ["name", "note", "rate"],
  },
  Rate: { type: "object", properties: { requests: { type: "integer" } }, required: ["requests"] },
  KeyInput: {
    type: "object",
    properties: {
      name: NAME,
      scopes: { type: "array", items: { type: "string", enum: ["read", "write"] } },
      note: { type: ["string", "null"] },
    },
    required: ["name"],
    additionalProperties: false,
  },
};

/** A document of the given paths and components. */
export function documentWith(paths: Record<string, PathItem>, schemas = SCHEMAS): Document {
  return {
    openapi: "3.1.0",
    info: {
      title: "",
      version: "",
      description: "",
      license: { name: "", identifier: "" },
    },
    servers: [],
    tags: [],
    paths,
    components: {
      schemas,
      responses: {},
      parameters: {
        Token: { name: "Token", in: "header", schema: { type: "string" } },
      },
      headers: {},
      securitySchemes: {},
    },
  };
}

/** A document with both calls. */
export const BASE = documentWith({ "/v1/keys": { get: GET, post: POST } });
/** What breaks clients of the base. */
export const against = (head: Document, base = BASE) => breakingChanges(base, head);
/** The base with another GET. */
export const withGet = (changed: Partial<Operation>) =>
  documentWith({ "/v1/keys": { get: { ...GET, ...changed }, post: POST } });
/** The base with another POST. */
export const withPost = (changed: Partial<Operation>) =>
  documentWith({ "/v1/keys": { get: GET, post: { ...POST, ...changed } } });
/** The base with keywords of one component changed. */
export const withSchema = (name: string, changed: Schema) =>
  documentWith(BASE.paths, { ...SCHEMAS, [name]: { ...SCHEMAS[name], ...changed } });
/** The base with properties and keywords of KeyInput changed. */
export const withInput = (properties: Record<string, Schema>, rest: Schema = {}) =>
  withSchema("KeyInput", {
    properties: { ...SCHEMAS["KeyInput"]?.properties, ...properties },
    ...rest,
  });
/** An operation that answers a value of this schema. */
export const answer = (schema: Schema): Partial<Operation> => ({
  responses: { "200": { description: "", content: json(schema) } },
});
