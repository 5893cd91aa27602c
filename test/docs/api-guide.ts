import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { eventually } from "@geomesh/testing/eventually";
import { expect } from "vitest";
import { countedUnits } from "../support/api.ts";
import type { Expectation } from "../support/guide.ts";
import { readGuide } from "../support/guide.ts";
import { codesIn, tableRows } from "../support/markdown.ts";
import type { Mesh } from "../support/mesh.ts";
import type { Ran } from "../support/shell.ts";

/** What docs/api.md promises of each of its blocks. */
export function apiExpectations(mesh: () => Mesh): Expectation[] {
  return [
    {
      section: "The public API",
      check: ({ stdout }) => expect(stdout).toBe(""),
    },
    {
      section: "Credentials",
      statuses: [200, 200, 200],
      check: (ran) => {
        const places = jsonOf(ran).map(({ country_code }) => country_code);
        expect(places).toEqual(["GB", "GB", "GB"]);
      },
    },
    {
      section: "Locations",
      statuses: [200, 200, 200],
      check: (ran) => {
        const [me, japanese, batch] = jsonOf(ran);
        expect(me).toMatchObject({ ip_address: "127.0.0.1", special_purpose: "Loopback" });
        expect(japanese).toMatchObject({ ip_address: "2001:218::1", country: "日本" });
        expect(batch.results).toMatchObject([
          { location: { ip_address: "81.2.69.142", continent: "Europa" } },
          { location: { ip_address: "10.0.0.1", special_purpose: "Private-Use" } },
          { error: { ip_address: "nonsense", code: "invalid_argument" } },
        ]);
      },
    },
    {
      section: "The location object",
      statuses: [200],
      check: (ran) => {
        const [location] = jsonOf(ran);
        expect(documentedKeys()).toEqual(keysOf(location));
      },
    },
    {
      section: "The location object",
      statuses: [200],
      check: (ran) => {
        const [named] = jsonOf(ran);
        const country_facts = { capital: "London", calling_codes: ["+44"], languages: ["en"] };
        expect(named).toMatchObject({ country_facts, names: { country: { ja: "イギリス" } } });
      },
    },
    {
      section: "Some keys only",
      statuses: [200, 200, 200],
      check: (ran) => {
        const [some, rest] = jsonOf(ran);
        expect(some).toMatchObject({
          ...{ country_code: "GB", timezone: { name: "Europe/London" } },
          names: { continent: { en: "Europe", de: "Europa" } },
        });
        expect(Object.keys(some)).toHaveLength(3);
        expect(rest).not.toHaveProperty("flag");
        expect(rest).not.toHaveProperty("timezone.current_time");
        expect(rest).toHaveProperty("timezone.name");
      },
    },
    {
      section: "The language of names",
      statuses: [200],
      check: ({ answers: [answer] }) => {
        expect(answer?.headers.get("content-language")).toBe("de");
        expect(answer?.text).toContain('{"continent":"Europa"}');
      },
    },
    {
      section: "One value",
      statuses: [200, 200],
      check: ({ stdout }) => expect(stdout).toBe("GB\nAsia/Tokyo\n"),
    },
    {
      section: "A batch as CSV",
      statuses: [200],
      check: ({ stdout }) => {
        const lines = stdout.split("\r\n");
        expect(lines[0]).toBe("ip_address,city,country_code,error.code,error.message");
        expect(lines[1]).toBe("81.2.69.142,East Finchley,GB,,");
        expect(lines[2]).toMatch(/^nonsense,,,invalid_argument,/);
      },
    },
    {
      section: "What a client has already",
      statuses: [200, 304],
      check: ({ answers: [, unchanged] }) => {
        expect(unchanged?.text).toBe("");
        expect(unchanged?.headers.get("etag")).toMatch(/^W\/"/);
      },
    },
    {
      section: "Streams",
      statuses: [200],
      check: (ran) => {
        expect(linesOf(ran)).toEqual([
          { location: { ip_address: "81.2.69.142", country_code: "GB" } },
          { location: { ip_address: "10.0.0.1", country_code: null } },
          {
            error: {
              ip_address: "nonsense",
              code: "invalid_argument",
              message: expect.stringMatching(/^ip_address must be /),
            },
          },
        ]);
      },
    },
    {
      section: "Streams",
      statuses: [200, 200],
      check: (ran) => {
        expect(linesOf(ran)).toEqual([
          { location: { country_code: "GB" } },
          { location: { country_code: "JP" } },
        ]);
        expect(ran.answers[1]?.text).toBe(
          'data: {"location":{"country_code":"GB"}}\n\nevent: end\ndata: {}\n\n',
        );
      },
    },
    {
      section: "Datasets",
      statuses: [200],
      check: (ran) => {
        const [{ datasets, tzdata_version: version }] = jsonOf(ran);
        expect(version).toMatch(/^20\d\d[a-z]$/);
        expect(datasets.length).toBeGreaterThan(0);
        for (const dataset of datasets) expect(dataset).toMatchObject({ is_serving: true });
      },
    },
    {
      section: "Plans, accounts and keys",
      statuses: [201, 200, 201, 200, 200],
      check: (ran) => {
        const [plan, found, account, page, again] = jsonOf(ran);
        expect(plan).toMatchObject({ plan_id: "starter", monthly_quota: "10000" });
        expect(found).toEqual(plan);
        expect(plan.key_rate).toEqual({ requests: 10, per: "1s", burst: 20 });
        expect(ran.answers[0]?.headers.get("location")).toBe("/v1/plans/starter");
        expect(ran.answers[1]?.headers.get("etag")).toBe(`"${plan.etag}"`);
        expect(page.accounts).toContainEqual(account);
        expect(again).toEqual(account);
      },
    },
    {
      section: "Plans, accounts and keys",
      statuses: [201],
      check: (ran) => {
        const [{ key, secret }] = jsonOf(ran);
        expect(secret.startsWith(key.display_prefix)).toBe(true);
        expect(key.scopes).toEqual(["locations:read", "usage:read"]);
      },
    },
    {
      section: "Plans, accounts and keys",
      statuses: [200, 200, 200, 200, 200, 200, 200],
      check: (ran) => {
        const [page, key, updated, disabled, enabled, rotated, revoked] = jsonOf(ran);
        expect(page.keys).toContainEqual(key);
        expect(key.state).toBe("ACTIVE");
        expect(updated).toMatchObject({ name: key.name, metadata: { team: "web" } });
        expect([disabled.key.state, enabled.key.state]).toEqual(["DISABLED", "ACTIVE"]);
        const { key_id: newId, allowed_cidrs: cidrs } = rotated.key;
        expect(cidrs).toEqual(updated.allowed_cidrs);
        expect(rotated.replaced_key).toMatchObject({ state: "ACTIVE", replaced_by_key_id: newId });
        expect(revoked.key).toMatchObject({ key_id: newId, state: "REVOKED" });
        expect(revoked.propagation).toMatchObject({ is_complete: true, pending_gateway_ids: [] });
      },
    },
    {
      section: "The same request again",
      statuses: [201, 201],
      check: ({ answers: [first, second] }) => {
        expect(second?.text).toBe(first?.text);
        expect(second?.headers.get("location")).toBe(first?.headers.get("location"));
      },
    },
    {
      section: "Audit log",
      statuses: [200, 200, 200],
      check: (ran) => {
        const [revoked, created] = ran.answers.map(
          ({ json }) => json as { audit_events: object[] },
        );
        expect(revoked?.audit_events).toMatchObject([
          { actor: { kind: "API_KEY", client_address: "" }, after: { key: { state: "REVOKED" } } },
        ]);
        expect(created?.audit_events).toMatchObject([{ action: "CreatePlan", account_id: "" }]);
        const lines = ran.answers[2]?.text.split("\r\n") ?? [];
        expect(lines[0]).toMatch(/^event_id,event_time,action,.*,changes$/);
        expect(lines[1]).toContain('state: ""ACTIVE"" → ""REVOKED""');
        expect(lines).toHaveLength(4);
      },
    },
    {
      section: "Changing plans and accounts",
      statuses: [200, 200, 200, 200, 200],
      check: ({ answers: [, ...answers] }) => {
        const [replaced, moved, plan, history] = answers.map(jsonOfOne);
        expect(replaced).toMatchObject({ name: "Acme Ltd", metadata: { region: "eu" } });
        expect(moved).toMatchObject({ ...stable(replaced), plan_id: "demo" });
        expect(plan).toMatchObject({ name: "Starter", monthly_quota: "20000" });
        expect(history.plan_assignments).toHaveLength(2);
      },
    },
    {
      section: "Changing plans and accounts",
      statuses: [201, 200, 200, 200, 200, 204],
      check: ({ answers }) => {
        const [created, suspended, active, closed, page] = answers.map(jsonOfOne);
        expect(suspended.account).toMatchObject({ ...stable(created), state: "SUSPENDED" });
        expect(active.account).toMatchObject({ ...stable(created), state: "ACTIVE" });
        expect(closed).toMatchObject({ ...stable(created), state: "CLOSED" });
        expect(page.accounts).toEqual([closed]);
        expect(answers.at(-1)?.text).toBe("");
      },
    },
    {
      section: "Test keys",
      statuses: [201, 200, 200, 403],
      check: (ran) => {
        const [created, me, batch, refused] = jsonOf(ran).slice(-4);
        expect(created.key).toMatchObject({ mode: "TEST" });
        expect(me).toMatchObject({ ip_address: "81.2.69.142", country_code: "GB" });
        expect(batch.results).toMatchObject([
          { location: { ip_address: "2001:218::1", country_code: "JP" } },
          { location: { ip_address: "10.0.0.1", special_purpose: "Private-Use" } },
          { error: { ip_address: "9.9.9.9", code: "test_address_required" } },
        ]);
        expect(refused).toMatchObject({ code: "test_address_required" });
      },
    },
    {
      section: "Usage and quota",
      statuses: [200, 200, 200],
      // As the text says, a request shows up within seconds.
      before: () =>
        eventually(async () =>
          expect(await countedUnits(mesh(), mesh().demoKey)).toBeGreaterThan(0),
        ),
      check: (ran) => {
        const [byKey, installation, days] = jsonOf(ran);
        expect(byKey.rows).toContainEqual(
          expect.objectContaining({ operation: "GetLocation", key_id: expect.any(String) }),
        );
        expect(installation.rows).toContainEqual(
          expect.objectContaining({ account_id: mesh().accountId }),
        );
        for (const { totals } of [byKey, installation, days]) {
          expect(Number(totals.units)).toBeGreaterThan(0);
        }
        expect(documentedParameters()).toEqual(usageParameters());
      },
    },
    {
      section: "Usage and quota",
      statuses: [200],
      check: (ran) => {
        const [{ limit, used, remaining }] = jsonOf(ran);
        expect(Number(limit)).toBe(Number(used) + Number(remaining));
      },
    },
    { section: "Limits on the wire", statuses: [200] },
    {
      section: "Errors",
      statuses: [400],
      check: (ran) => expect(documentedCodes()).toContain(jsonOf(ran)[0].code),
    },
    {
      section: "Errors",
      statuses: [401, 405],
      check: (ran) => {
        const codes = jsonOf(ran).map(({ code }) => code);
        expect(codes).toEqual(["key_missing", "method_not_allowed"]);
        expect(documentedCodes()).toEqual(expect.arrayContaining(codes));
        expect(ran.answers[1]?.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
      },
    },
    {
      section: "Abstract",
      statuses: [200, 200, 204, 400],
      check: ({ answers: [whole, some] }) => {
        expect(whole?.json).toMatchObject({ country_code: "GB", security: { is_vpn: null } });
        expect(some?.json).toEqual({ country: "Japan", timezone: expect.anything() });
      },
    },
    {
      section: "MaxMind's GeoIP2 web service",
      statuses: [200, 200, 400],
      check: (ran) => {
        const [city, country] = jsonOf(ran);
        expect(city.country.names).toMatchObject({ fr: "Royaume-Uni", ja: "イギリス" });
        expect(city.maxmind.queries_remaining).toBeGreaterThan(0);
        expect(country).toMatchObject({ country: { iso_code: "JP" } });
        expect(country).not.toHaveProperty("city");
      },
    },
    {
      section: "ipinfo",
      statuses: [200, 200, 200, 200],
      check: ({ answers: [whole, field, me] }) => {
        expect(whole?.json).toMatchObject({ country: "GB" });
        expect(field?.text).toBe("Europe/London\n");
        const number = expect.any(Number);
        expect(me?.json).toEqual({ requests: { month: number, limit: number, remaining: number } });
      },
    },
    {
      section: "ip-api",
      statuses: [200, 200, 200],
      check: ({ answers: [german, failed, batch] }) => {
        expect(german?.json).toEqual({
          ...{ status: "success", country: "Royaume-Uni", query: "81.2.69.142" },
        });
        expect(german?.headers.get("x-rl")).toMatch(/^\d+$/);
        expect(failed?.json).toMatchObject({ status: "fail", message: "private range" });
        expect(batch?.json).toEqual([
          { country: "United Kingdom", query: "81.2.69.142" },
          { country: "日本" },
        ]);
      },
    },
    {
      section: "Connect, gRPC and gRPC-Web",
      statuses: [200],
      check: (ran) => {
        expect(jsonOf(ran)[0].location).toMatchObject({ country_code: "GB" });
        expect(ran.stdout.match(/"countryCode": "GB"/g)).toHaveLength(3);
        expect(ran.stdout).toContain('"status": "SERVING"');
        expect(ran.stdout).toContain("geomesh.geo.v1.GeoService/GetLocation");
      },
    },
    {
      section: "Connect, gRPC and gRPC-Web",
      check: ({ stdout }) => {
        expect(stdout.match(/"countryCode": "\w\w"/g)).toEqual([
          '"countryCode": "GB"',
          '"countryCode": "JP"',
        ]);
        expect(stdout).not.toContain("timezone");
      },
    },
  ];
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
const jsonOfOne = ({ json }: Ran["answers"][number]): any => json;

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
function jsonOf({ answers }: Ran): any[] {
  return answers.map(({ json, text }) => {
    expect(json, text).toBeDefined();
    return json;
  });
}

/** What stays of an account whose state or plan changes. */
function stable({ account_id, name, external_id, metadata, create_time }: Record<string, unknown>) {
  return { account_id, name, external_id, metadata, create_time };
}

/** The lines of the first answer, which is a stream. */
function linesOf({ answers: [first] }: Ran): unknown[] {
  return (first?.text ?? "")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const GUIDE = readGuide("docs/api.md");

/** `a`, and `a.b` for each code in the last column of a row whose type is an object. */
function documentedKeys(): string[] {
  return tableRows(GUIDE, "The location object").flatMap(([names = "", type, text = ""]) => {
    const keys = codesIn(names);
    const parts = codesIn(text).filter((part) => part !== "null");
    return type === "object" ? keys.flatMap((key) => parts.map((part) => `${key}.${part}`)) : keys;
  });
}

function documentedCodes(): string[] {
  return tableRows(GUIDE, "Errors").flatMap(([, codes = ""]) => codesIn(codes));
}

function documentedParameters(): string[] {
  const rows = tableRows(GUIDE, "Usage and quota");
  const names = rows.flatMap(([parameters = "", text = ""]) => [
    ...codesIn(parameters),
    ...codesIn(text).filter((code) => code === "page_token"),
  ]);
  return names.toSorted();
}

function usageParameters(): string[] {
  const { fields } = MeteringService.method.queryUsage.input;
  return fields
    .map(({ name }) => name)
    .filter((name) => name !== "account_id")
    .toSorted();
}

function keysOf(location: object): string[] {
  return Object.entries(location).flatMap(([key, value]) =>
    typeof value === "object" && value !== null
      ? Object.keys(value).map((part) => `${key}.${part}`)
      : [key],
  );
}
