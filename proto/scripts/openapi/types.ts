/** A schema of JSON Schema 2020-12, with the keywords that contracts need. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly contentEncoding?: string;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly not?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
  readonly deprecated?: boolean;
  readonly examples?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly uniqueItems?: boolean;
  /** Rules of the contract that JSON Schema has no keyword for, such as `int64.gte: 0`. */
  readonly "x-geomesh-rules"?: readonly string[];
  /** The group that a plan must allow for a key to be answered. */
  readonly "x-geomesh-group"?: string;
}

/** A reference to an entry of `components`. */
export interface Reference {
  readonly $ref: string;
}

/** A request parameter. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description?: string;
  readonly required?: boolean;
  readonly deprecated?: boolean;
  readonly style?: "form" | "simple";
  readonly explode?: boolean;
  readonly schema: Schema;
  readonly examples?: Examples;
}

/** What a value may be, by names. */
export type Examples = Readonly<
  Record<string, { readonly summary?: string; readonly value: unknown }>
>;

/** A body of one media type. */
export interface MediaType {
  readonly schema: Schema;
  readonly examples?: Examples;
}

/** Bodies by media type. */
export type Content = Readonly<Record<string, MediaType>>;

/** The body of a request. */
export interface RequestBody {
  readonly description?: string;
  readonly required: boolean;
  readonly content: Content;
}

/** A response header. */
export interface Header {
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

/** What a call answers with one status. */
export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Reference>>;
  readonly content?: Content;
}

/** Ways to authenticate, each with the scopes that it needs. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/** One method of one path. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: RequestBody;
  readonly responses: Readonly<Record<string, Response | Reference>>;
  readonly security: readonly SecurityRequirement[];
  readonly "x-geomesh-scope": string;
  readonly "x-geomesh-metered": boolean;
  /** Absent where the request names no account. */
  readonly "x-geomesh-account-field"?: string;
}

/** The methods of one path, in lower case. */
export type PathItem = Readonly<Record<string, Operation>>;

/** What operations share. */
export interface Components {
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly responses: Readonly<Record<string, Response>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly headers: Readonly<Record<string, Header>>;
  readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** An OpenAPI 3.1 document, as far as the contracts fill it. */
export interface Document {
  readonly openapi: "3.1.0";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: Components;
}
