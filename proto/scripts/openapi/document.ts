import type { DescService, Registry } from "@bufbuild/protobuf";
import { commentOf } from "./comments.ts";
import { createComponents } from "./components.ts";
import { ContractError } from "./contract-error.ts";
import { HEADER_PARAMETERS } from "./header-parameters.ts";
import { HEADERS } from "./headers.ts";
import { type OperationDeps, operationsOf, type PlacedOperation } from "./operation.ts";
import { createOptionReader } from "./options.ts";
import { errorResponses, problemSchemas } from "./problem.ts";
import { publicReasons } from "./reasons.ts";
import { SHARED_RESPONSES } from "./responses.ts";
import { SECURITY_SCHEMES, scopeNames } from "./security.ts";
import { STREAM_PROBLEM } from "./streams.ts";
import type { Document, PathItem } from "./types.ts";

const INFO: Document["info"] = {
  title: "Geomesh",
  version: "v1",
  description:
    "Locations of IP addresses, with API keys, limits, quotas and usage. 64-bit integers are strings, times are RFC 3339, " +
    "and enumerations are their names. A query parameter or a field that a call does not have is a 400, never ignored. " +
    "Answers may get new keys: ignore unknown ones. Where the operator allows it, locations need no key.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

/**
 * The REST side of services: every RPC with a `google.api.http` rule, and nothing else. The same contracts make the same
 * document, key by key. Errors: ContractError with every RPC that has no REST form.
 */
export function createDocument(registry: Registry, services: readonly DescService[]): Document {
  const options = createOptionReader(registry);
  const components = createComponents(options);
  const deps = { ...components, scopes: scopeNames(registry, options) };
  const placed = allOperations(services, deps);
  const reasons = publicReasons(registry, options);
  const schemas = components.all();
  const hasStreams = services.some(({ methods }) =>
    methods.some((each) => options.http(each) !== undefined && each.methodKind !== "unary"),
  );
  const ofProblems = { ...problemSchemas(reasons), ...(hasStreams && STREAM_PROBLEM) };
  for (const name of Object.keys(ofProblems)) {
    if (name in schemas) throw new ContractError(`a message may not be named ${name}`);
  }
  const paths = pathsOf(placed);
  return {
    openapi: "3.1.0",
    info: INFO,
    servers: [{ url: "/", description: "The gateway that this document comes from." }],
    tags: tagsOf(services, placed),
    paths,
    components: {
      schemas: sorted({ ...schemas, ...ofProblems }),
      responses: usedIn(paths, "responses", { ...errorResponses(reasons), ...SHARED_RESPONSES }),
      parameters: usedIn(paths, "parameters", HEADER_PARAMETERS),
      headers: HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function allOperations(services: readonly DescService[], deps: OperationDeps): PlacedOperation[] {
  const placed: PlacedOperation[] = [];
  const problems: string[] = [];
  for (const method of services.flatMap(({ methods }) => methods)) {
    try {
      placed.push(...operationsOf(method, deps));
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new ContractError(problems.join("\n"));
  return placed;
}

function pathsOf(placed: readonly PlacedOperation[]): Document["paths"] {
  const paths: Record<string, PathItem> = {};
  for (const { path, verb, operation } of placed) {
    const other = paths[path]?.[verb];
    if (other !== undefined) {
      const both = `${other.operationId} and ${operation.operationId}`;
      throw new ContractError(`${both} are both ${verb.toUpperCase()} ${path}`);
    }
    paths[path] = sorted({ ...paths[path], [verb]: operation });
  }
  return sorted(paths);
}

/** The components that the paths refer to. */
function usedIn<Value>(
  paths: Document["paths"],
  kind: string,
  all: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const text = JSON.stringify(paths);
  const isUsed = (name: string) => text.includes(`"#/components/${kind}/${name}"`);
  return Object.fromEntries(Object.entries(all).filter(([name]) => isUsed(name)));
}

function tagsOf(
  services: readonly DescService[],
  placed: readonly PlacedOperation[],
): Document["tags"] {
  const used = new Set(placed.flatMap(({ operation }) => operation.tags));
  return services
    .filter(({ name }) => used.has(name))
    .map((service) => {
      const description = commentOf(service);
      return { name: service.name, ...(description !== undefined && { description }) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
