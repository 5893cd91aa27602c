import { readFileSync } from "node:fs";
import type { JsonObject } from "@bufbuild/protobuf";
import { openApiFile } from "@geomesh/proto/openapi";
import { describe, expect, test } from "vitest";
import { publicOperations, publicStreams, SERVICES } from "../operations/catalog.ts";
import { RequestMeters } from "../telemetry/request-meters.ts";
import { compileRule } from "../transcode/compile-rule.ts";
import { TranscodeError } from "../transcode/transcode-error.ts";
import { createRoutes, isStreamTarget } from "./rest/routes.ts";

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Documented {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const DOCUMENT = JSON.parse(readFileSync(openApiFile(), "utf8")) as Document;
const OPERATIONS = publicOperations(SERVICES);
const STREAMS = publicStreams(SERVICES);
const ROUTER = createRoutes({ operations: OPERATIONS, streams: STREAMS }, new RequestMeters());
const LINES = "application/x-ndjson";
const VARIABLE = /\{\w+\}/g;

const documented = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, call]) => ({ place: `${verb.toUpperCase()} ${path}`, call })),
);
const servedPlaces = [...OPERATIONS, ...STREAMS].flatMap(({ method, rules }) =>
  rules.map((rule) => compileRule(method, rule)).map((rule) => `${rule.httpMethod} ${rule.path}`),
);

/** The route of an operation of the document. */
function routeOf(place: string) {
  const [method = "", path = ""] = place.replace(VARIABLE, "x").split(" ");
  const match = ROUTER.match(method, path);
  if (match === undefined || !("target" in match)) throw new Error(`${place} is not served`);
  return match;
}

type Route = ReturnType<typeof routeOf>;

const refusalOfQuery = ({ target, variables }: Route, query: string) =>
  refusalOf(() => target.bind({ variables, query, body: undefined }));

/** The same of a body, or of a line of a stream. */
function refusalOfBody({ target, variables }: Route, body: JsonObject): string | undefined {
  const bytes = Buffer.from(JSON.stringify(body));
  return refusalOf(() =>
    isStreamTarget(target)
      ? target.readLine({ number: 1, bytes })
      : target.bind({ variables, query: "", body }),
  );
}

/** Why a request cannot have what it has; undefined where the binder looks at its value. */
function refusalOf(bind: () => unknown): string | undefined {
  try {
    bind();
  } catch (error) {
    if (!(error instanceof TranscodeError)) throw error;
    return error.fields
      .map(({ description }) => description)
      .find((text) => /^(?:is not a|belongs in the path|cannot be set)/.test(text));
  }
  return undefined;
}

const namesIn = ({ parameters = [] }: Documented, place: string) =>
  parameters.flatMap(({ name = "", in: where }) => (where === place ? [name] : []));

/** The JSON of a call's body, or of a line of it, as the document has it; undefined where it has none. */
function bodyOf({ requestBody }: Documented): Schema | undefined {
  const content = requestBody?.content;
  const { schema } = content?.["application/json"] ?? content?.[LINES] ?? {};
  const name = schema?.$ref?.replace("#/components/schemas/", "");
  return name === undefined ? schema : DOCUMENT.components.schemas[name];
}

test("the document has every route, and no other", () => {
  expect(servedPlaces.length).toBeGreaterThan(10);
  expect(documented.map(({ place }) => place).sort()).toEqual(servedPlaces.sort());
});

describe.each(documented)("$place", ({ place, call }) => {
  const route = routeOf(place);
  const { operation } = route.target;
  const fields = operation.method.input.fields.map(({ name }) => name);

  test("is the RPC that the document says", () => {
    const { parent, name } = operation.method;
    expect(call.operationId.replace(/_\d+$/, "")).toBe(`${parent.name}_${name}`);
  });

  test("takes from the path what the document says", () => {
    expect(namesIn(call, "path").sort()).toEqual(Object.keys(route.variables).sort());
  });

  test("takes the query parameters of the document, and no other field", () => {
    const taken = fields.filter((name) => refusalOfQuery(route, `${name}=`) === undefined);
    expect(namesIn(call, "query").sort()).toEqual(taken.sort());
    expect(refusalOfQuery(route, "colour=red")).toBeDefined();
  });

  test("takes the keys of the document's body, and no other field", () => {
    const schema = bodyOf(call);
    expect(schema !== undefined).toBe(isStreamTarget(route.target) || route.target.takesBody);
    if (schema === undefined) return;
    const bodyField = isStreamTarget(route.target) ? undefined : route.target.bodyField;
    const inBody = operation.method.input.fields.find(({ name }) => name === bodyField)?.message;
    const names = inBody === undefined ? fields : inBody.fields.map(({ name }) => name);
    const taken = names.filter((name) => refusalOfBody(route, { [name]: null }) === undefined);
    expect(Object.keys(schema.properties ?? {}).sort()).toEqual(taken.sort());
    expect(refusalOfBody(route, { colour: "red" })).toBeDefined();
  });
});
