import { create, createFileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { createOptionReader } from "./options.ts";
import { generateOpenApi } from "./plugin.ts";
import { compilerRequest, documentFor, operationNamed } from "./testing/contracts.ts";
import type { Parameter, Schema } from "./types.ts";

const REQUEST = compilerRequest();
const DOCUMENT = documentFor(REQUEST);
const { components } = DOCUMENT;

const at = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Schema) => ({ "application/json": { schema } });
const operation = (id: string) => operationNamed(DOCUMENT, id);
const parametersOf = (id: string) => (operation(id).parameters ?? []) as Parameter[];
const parameter = (id: string, name: string) =>
  parametersOf(id).find((each) => each.name === name)?.schema;

describe("the document of the contracts", () => {
  test("is valid OpenAPI 3.1", async () => {
    const validate = (document: unknown) =>
      new Validator().validate(structuredClone(document) as Record<string, unknown>);
    expect(await validate(DOCUMENT)).toEqual({ valid: true });
    expect(await validate({ ...DOCUMENT, paths: { accounts: {} } })).toMatchObject({
      valid: false,
    });
  });

  test("refers only to what it has", () => {
    const refs = [...JSON.stringify(DOCUMENT).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
    expect(refs.length).toBeGreaterThan(50);
    for (const [ref, kind, name = ""] of refs) {
      expect(components[kind as keyof typeof components], ref).toHaveProperty([name]);
    }
  });

  test("is the same for the same contracts, byte by byte", () => {
    expect(generateOpenApi(compilerRequest())).toEqual(generateOpenApi(REQUEST));
  });

  test("has an operation for each RPC with a path, and for no other", () => {
    const registry = createFileRegistry(
      create(FileDescriptorSetSchema, { file: REQUEST.protoFile }),
    );
    const options = createOptionReader(registry);
    const methods = [...registry].flatMap((desc) => (desc.kind === "service" ? desc.methods : []));
    const [open, internal] = [true, false].map((isPublic) =>
      methods.filter((method) => (options.http(method) !== undefined) === isPublic),
    );
    const ids = Object.values(DOCUMENT.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(ids.sort()).toEqual(open?.map(({ parent, name }) => `${parent.name}_${name}`).sort());
    expect(internal?.length).toBeGreaterThan(0);
  });
});

describe("an operation", () => {
  test.each([
    ["AuthService_CreateKey", "POST /v1/accounts/{account_id}/keys"],
    // A custom method stays behind the variable of its segment.
    ["AuthService_RevokeKey", "POST /v1/accounts/{account_id}/keys/{key_id}:revoke"],
    ["GeoService_BatchGetLocations", "POST /v1/locations:batchGet"],
    ["GeoService_GetLocation", "GET /v1/locations/{ip_address}"],
    ["MeteringService_QueryInstallationUsage", "GET /v1/usage"],
  ])("%s is %s", (id, place) => {
    expect(operation(id)).toMatchObject({ place, tags: [id.split("_")[0]] });
  });

  test.each([
    ["AuthService_CreateKey", "keys:write", false, "account_id"],
    ["AuthService_CreatePlan", "admin", false, undefined],
    ["GeoService_GetLocation", "locations:read", true, undefined],
    ["MeteringService_QueryUsage", "usage:read", false, "account_id"],
  ])("%s states its policy", (id, scope, isMetered, accountField) => {
    const found = operation(id);
    expect(found["x-geomesh-scope"]).toBe(scope);
    expect(found["x-geomesh-metered"]).toBe(isMetered);
    expect(found["x-geomesh-account-field"]).toBe(accountField);
    expect(found.security).toEqual([
      { bearer: [scope] },
      { key_header: [scope] },
      { key_query: [scope] },
    ]);
  });

  test.each([
    // The whole response, where the secret is beside the key.
    ["AuthService_CreateKey", "201", "CreateKeyResponse", ["Location"]],
    ["AuthService_CreatePlan", "201", "Plan", ["ETag", "Location"]],
    ["AuthService_GetKey", "200", "Key", ["ETag"]],
    ["AuthService_RevokeKey", "200", "RevokeKeyResponse", []],
    ["MeteringService_GetQuota", "200", "Quota", []],
  ])("%s answers %s with %s", (id, status, schema, headers) => {
    const all = [...headers, "RateLimit", "RateLimit-Policy", "Vary", "X-Request-Id"];
    const response = operation(id).responses[status];
    expect(response).toMatchObject({ content: json(at(schema)) });
    expect(Object.keys((response as { headers: object }).headers).sort()).toEqual(all.sort());
  });

  test("that creates takes the resource as its body, with what must be given", () => {
    const { requestBody, parameters, responses } = operation("AuthService_CreateKey");
    expect(requestBody).toMatchObject({ required: true, content: json(at("KeyInput")) });
    expect(parameters).toContainEqual({ $ref: "#/components/parameters/Idempotency-Key" });
    expect(responses["422"]).toEqual({ $ref: "#/components/responses/Error422" });
    expect(components.responses["Error422"]?.description).toContain("`idempotency_key_reused`");
    expect(components.schemas["KeyInput"]).toMatchObject({
      required: ["name"],
      additionalProperties: false,
      properties: {
        key_id: { type: "string", readOnly: true },
        name: { type: "string", minLength: 1, maxLength: 200 },
        scopes: { type: "array", maxItems: 7, uniqueItems: true },
        expire_time: { type: ["string", "null"], format: "date-time" },
        rate: { anyOf: [at("RateInput"), { type: "null" }] },
      },
    });
    expect(components.schemas["PlanInput"]).toMatchObject({
      required: ["plan_id", "name", "monthly_quota", "quota_mode", "key_rate"],
      properties: {
        plan_id: { pattern: "^[a-z0-9][a-z0-9_-]{0,63}$" },
        // 64-bit integers are strings, which have no bounds in JSON Schema.
        monthly_quota: {
          type: "string",
          format: "int64",
          pattern: "^-?[0-9]{1,19}$",
          "x-geomesh-rules": ["int64.gte: 0", "int64.lte: 1000000000000000"],
        },
        quota_mode: { type: "string", enum: ["HARD", "SOFT"] },
      },
    });
  });

  test("that replaces a resource need not repeat the id of its path, which creating must give", () => {
    const created = components.schemas["PlanInput"] as Schema;
    const { required: asked = [] } = created;
    expect(asked).toContain("plan_id");
    const required = asked.filter((name) => name !== "plan_id");
    expect(operation("AuthService_ReplacePlan").requestBody).toMatchObject({
      required: true,
      content: json({ title: "PlanReplacement", ...created, required }),
    });
  });

  test("with a body of all fields leaves out those of the path", () => {
    expect(operation("AuthService_RevokeKey").requestBody).toMatchObject({
      required: false,
      content: json({ title: "RevokeKeyRequest", properties: {}, additionalProperties: false }),
    });
    expect(operation("GeoService_BatchGetLocations").requestBody).toMatchObject({
      required: true,
      content: json(at("BatchGetLocationsRequest")),
    });
  });

  test("that reads takes all fields that the path does not set from the query", () => {
    expect(parametersOf("MeteringService_QueryUsage").map((each) => [each.in, each.name])).toEqual([
      ["path", "account_id"],
      ["query", "start_time"],
      ["query", "end_time"],
      ["query", "granularity"],
      ["query", "group_by"],
      ["query", "time_zone"],
      ["query", "include_empty"],
      ["query", "page_size"],
      ["query", "page_token"],
    ]);
    expect(parameter("MeteringService_QueryUsage", "start_time")).toEqual({
      type: "string",
      format: "date-time",
    });
    expect(parameter("MeteringService_QueryUsage", "granularity")).toEqual({
      type: "string",
      enum: ["MINUTE", "HOUR", "DAY", "MONTH"],
    });
    expect(parameter("MeteringService_QueryUsage", "page_size")).toMatchObject({
      type: "integer",
      minimum: 0,
      maximum: 1000,
    });
  });

  test("takes a list as a repeated parameter, of the names that its rules leave over", () => {
    const found = parametersOf("MeteringService_QueryUsage").find(
      ({ name }) => name === "group_by",
    );
    expect(found).toMatchObject({
      style: "form",
      explode: true,
      schema: {
        type: "array",
        maxItems: 4,
        uniqueItems: true,
        items: { type: "string", enum: ["KEY", "OPERATION", "STATUS", "MODE"] },
      },
    });
    expect(found?.description).toContain("- `KEY`: The key that was used.");
    expect(parameter("MeteringService_QueryInstallationUsage", "group_by")).toMatchObject({
      items: { enum: ["KEY", "OPERATION", "STATUS", "ACCOUNT", "MODE"] },
    });
  });

  test("on an address takes IPv4, IPv6 and me, so only its length is bounded", () => {
    expect(parameter("GeoService_GetLocation", "ip_address")).toEqual({
      type: "string",
      minLength: 1,
      maxLength: 64,
    });
  });
});

describe("a lookup", () => {
  const references = (id: string) =>
    (operation(id).parameters ?? []).flatMap((each) => ("$ref" in each ? [each.$ref] : []));
  const header = (name: string) => `#/components/parameters/${name}`;
  const headersOf = (id: string) => (operation(id).responses["200"] as { headers: object }).headers;

  test("of one address tells that its answer is known already, by a weak entity tag", () => {
    const { responses } = operation("GeoService_GetLocation");
    expect(responses["304"]).toEqual({ $ref: "#/components/responses/NotModified" });
    expect(references("GeoService_GetLocation")).toContain(header("If-None-Match"));
    expect(headersOf("GeoService_GetLocation")).toMatchObject({
      ETag: { $ref: "#/components/headers/WeakETag" },
    });
    const others = ["GetLocationField", "BatchGetLocations", "ListDatasets"];
    for (const id of others.map((name) => `GeoService_${name}`)) {
      expect(operation(id).responses["304"]).toBeUndefined();
      expect(references(id)).not.toContain(header("If-None-Match"));
    }
  });

  test.each([
    ["GeoService_GetLocation", true],
    ["GeoService_BatchGetLocations", true],
    ["GeoService_ListDatasets", false],
  ])("%s negotiates its language: %s", (id, isNegotiated) => {
    expect(references(id).includes(header("Accept-Language"))).toBe(isNegotiated);
    expect("Content-Language" in headersOf(id)).toBe(isNegotiated);
  });

  test.each([
    ["", true],
    ["country_code", true],
    ["country_code,timezone.name", true],
    ["*,-flag,names.city", true],
    ["-timezone.*", true],
    [",", false],
    ["country code", false],
    ["--flag", false],
  ])("selects keys by a text such as %j: %s", (text, isMask) => {
    const { pattern = "" } = parameter("GeoService_GetLocation", "fields") ?? {};
    expect(new RegExp(pattern, "u").test(text)).toBe(isMask);
  });

  test("has a field's comment although the contract refers to that of another call", () => {
    const [described, there] = ["GeoService_GetLocationField", "GeoService_GetLocation"].map(
      (id) => parametersOf(id).find(({ name }) => name === "language")?.description,
    );
    expect(described).toContain("One of de, en");
    expect(described).toBe(there);
  });
});

describe("an answer", () => {
  test("has every key, and null for what is not known", () => {
    const location = components.schemas["Location"];
    const optIn = ["names", "country_facts"];
    expect(location?.required).toEqual(
      Object.keys(location?.properties ?? {}).filter((name) => !optIn.includes(name)),
    );
    expect(location?.properties).toMatchObject({
      ip_address: { type: "string" },
      is_overridden: { type: "boolean" },
      city: { type: ["string", "null"] },
      latitude: { type: ["number", "null"], format: "double" },
      timezone: at("Timezone"),
    });
  });

  test("lacks what must be asked for, and of a selection of keys all others", () => {
    const either = { anyOf: [at("Location"), at("LocationSelection")] };
    expect(operation("GeoService_GetLocation").responses["200"]).toMatchObject({
      content: json(either),
    });
    expect(components.schemas["LocationResult"]?.properties?.["location"]).toMatchObject(either);
    const selection = components.schemas["LocationSelection"];
    expect(selection?.properties).toMatchObject({
      city: { type: ["string", "null"] },
      timezone: at("TimezoneSelection"),
      names: at("NamesSelection"),
    });
    expect(selection?.required).toBeUndefined();
    expect(components.schemas["TimezoneSelection"]?.required).toBeUndefined();
  });

  test("is text of the type that the contract names where it is one value", () => {
    const { responses } = operation("GeoService_GetLocationField");
    expect(responses["200"]).toMatchObject({
      content: { "text/plain": { schema: { type: "string" } } },
    });
  });

  test("is CSV too where the contract says so", () => {
    const content = (id: string) =>
      Object.keys((operation(id).responses["200"] as { content: object }).content);
    expect(content("GeoService_BatchGetLocations")).toEqual(["application/json", "text/csv"]);
    expect(content("GeoService_GetLocation")).toEqual(["application/json"]);
  });

  test("has members of a choice only where they are set", () => {
    const result = components.schemas["LocationResult"];
    expect(result).toMatchObject({
      properties: { error: at("LocationError") },
    });
    expect(result?.required).toBeUndefined();
  });

  test("has no rules, because older resources may not follow them", () => {
    expect(components.schemas["Key"]?.properties?.["name"]).toEqual({
      type: "string",
      description: "Display name; 1 to 200 characters, of which one can be seen.",
    });
  });
});

describe("an error", () => {
  const codes = components.schemas["Problem"]?.properties?.["code"]?.enum;

  test("of any call is a problem, with headers of its own where it has some", () => {
    for (const item of Object.values(DOCUMENT.paths)) {
      for (const { responses } of Object.values(item)) {
        const errors = ["400", "401", "403", "429", "503", "default"];
        // 412 and 422 are of some calls alone.
        const found = Object.keys(responses).filter((status) => !/^[23]|412|422/.test(status));
        expect(found).toEqual(errors);
      }
    }
    for (const [name, response] of Object.entries(components.responses)) {
      if (!name.startsWith("Error")) continue;
      expect(response.content).toEqual({
        "application/problem+json": { schema: at("Problem") },
      });
    }
    const headersOf = (name: string) => Object.keys(components.responses[name]?.headers ?? {});
    expect(headersOf("Error429")).toEqual(
      expect.arrayContaining(["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]),
    );
    expect(headersOf("Error503")).toContain("Retry-After");
    expect(headersOf("Error401")).toContain("WWW-Authenticate");
  });

  test.each(["invalid_argument", "page_token_invalid", "plan_exists", "quota_exceeded"])(
    "may have the code %s",
    (code) => {
      expect(codes).toContain(code);
    },
  );

  // Clients see `unavailable` and `internal` instead.
  test.each(["upstream_unavailable", "dataset_missing", "postgres_missing", "reason_unspecified"])(
    "never has the code %s",
    (code) => {
      expect(codes).not.toContain(code);
    },
  );

  test("of a lookup names its codes by status", () => {
    expect(operation("GeoService_GetLocation").responses["400"]).toEqual({
      $ref: "#/components/responses/Error400",
    });
    const description = (name: string) => components.responses[name]?.description;
    expect(description("Error400")).toContain("`invalid_argument`, `malformed_request`");
    // Its gRPC status is RESOURCE_EXHAUSTED; HTTP has a status of its own.
    expect(description("Error429")).not.toContain("body_too_large");
    expect(description("Error429")).toContain("`rate_limited`, `quota_exceeded`");
  });

  test("of one address in a batch has the code as a text", () => {
    expect(components.schemas["LocationError"]?.properties?.["code"]).toMatchObject({
      type: "string",
      description: expect.stringContaining("`invalid_argument`"),
    });
  });
});
