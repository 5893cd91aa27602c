import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { DescMessage } from "@bufbuild/protobuf";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { StatusSchema } from "@geomesh/proto/es/google/rpc/status_pb";
import { expect } from "vitest";
import type { Reachable } from "../support/api.ts";
import { type Expectation, readGuide } from "../support/guide.ts";
import { type CodeBlock, codeBlocks } from "../support/markdown.ts";

const GUIDE = readGuide("docs/clients.md");
const ROOT = path.resolve(import.meta.dirname, "../..");
const ELSEWHERE = "it needs a tool that npm does not have";

/** What becomes code of a client. */
const GENERATED = ["geomesh/auth", "geomesh/common", "geomesh/geo", "geomesh/metering"];

/** Points the guide at the mesh of the test. */
export function rewriteClients(code: string, { baseUrl, demoKey }: Reachable): string {
  return code
    .replaceAll("http://localhost:8080", baseUrl)
    .replaceAll("localhost:8080", new URL(baseUrl).host)
    .replaceAll("gm_live_…", demoKey);
}

/** What docs/clients.md promises of each of its blocks, which run in the empty directory `here`. */
export function clientsExpectations(here: string): Expectation[] {
  return [
    { section: "Clients in other languages" },
    {
      section: "The contract",
      before: () => archiveContracts(path.join(here, "geomesh-0.1.0.tar.gz")),
      check: () => {
        const exported = filesOf(path.join(here, "geomesh-proto"));
        expect(exported.filter((file) => /_service\.proto$/.test(file))).toEqual(
          ["auth", "geo", "metering"].map((name) => `geomesh/${name}/v1/${name}_service.proto`),
        );
        expect(exported).not.toContainEqual(expect.stringContaining("events.proto"));
        expect(directoriesOf(exported)).toEqual([
          "buf/validate",
          ...GENERATED,
          "geomesh/policy",
          "google/api",
          "google/rpc",
        ]);
      },
    },
    { section: "The contract", notRun: ELSEWHERE },
    { section: "Settings of the generator" },
    { section: "TypeScript", notRun: "the packages are those of this project" },
    {
      section: "TypeScript",
      check: () => {
        const generated = filesOf(path.join(here, "gen"));
        expect(directoriesOf(generated)).toEqual(
          ["auth", "common", "geo", "metering"]
            .map((name) => `geomesh/${name}`)
            .concat("google/api"),
        );
        expect(generated.filter((file) => file.startsWith("google/"))).toEqual([
          "google/api/httpbody_pb.ts",
        ]);
      },
    },
    { section: "Go", notRun: ELSEWHERE },
    { section: "Go", notRun: ELSEWHERE },
    { section: "Python", notRun: ELSEWHERE },
    { section: "Python", notRun: ELSEWHERE },
    { section: "Java", notRun: ELSEWHERE },
    { section: "Java", notRun: ELSEWHERE },
    {
      section: "Without generated code",
      check: ({ stdout }) => {
        expect(stdout.match(/"city": "East Finchley"/g)).toHaveLength(3);
        expect(stdout.match(/"countryCode": "JP"/g)).toHaveLength(3);
      },
    },
    {
      section: "Without generated code",
      statuses: [200, 200, 200],
      check: ({ answers: [connect, rest, stream] }) => {
        expect(connect?.json).toMatchObject({ location: { country_code: "GB" } });
        expect(rest?.json).toEqual({ city: "East Finchley", country_code: "GB" });
        const lines = stream?.text.trimEnd().split("\n").map(withoutMessage);
        expect(lines).toEqual(shownLines());
      },
    },
    { section: "Without generated code", notRun: ELSEWHERE },
  ];
}

/** As of a release: everything is in one directory. */
async function archiveContracts(file: string): Promise<void> {
  const files = ["buf.yaml", "proto/geomesh", "proto/third_party"];
  const inside = files.map((name) => path.join(path.basename(ROOT), name));
  await promisify(execFile)("tar", ["-czf", file, "-C", path.dirname(ROOT), ...inside]);
}

/** Each RPC, message and field that the programs of other languages name is one of the contract. */
export function expectNamesOfTheContract(): void {
  const programs = codeBlocks(GUIDE).filter(({ language }) => /^(go|python|java)$/.test(language));
  expect(programs.map(({ language }) => language)).toEqual(["go", "go", "python", "java"]);
  const messages = messagesOf(GeoService.methods.flatMap(({ input, output }) => [input, output]));
  const fields = [...messages, ErrorInfoSchema, StatusSchema].flatMap((each) => each.fields);
  const known = {
    rpc: new Set(GeoService.methods.map(({ name }) => plain(name))),
    message: new Set([...messages].map(({ name }) => plain(name))),
    field: new Set(fields.map(({ name }) => plain(name))),
  };
  const named = programs.flatMap((block) => namesIn(block));
  for (const kind of ["rpc", "message", "field"] as const) {
    const found = named.filter((name) => name.kind === kind);
    expect(found.length, kind).toBeGreaterThan(10);
    for (const { name } of found) expect(known[kind], `${kind} ${name}`).toContain(plain(name));
  }
}

interface Named {
  readonly kind: "rpc" | "message" | "field";
  readonly name: string;
}

/** How each language writes a field: `IpAddress:` or `GetCity()`, `ip_address=` or `location.city`, `setIpAddress(` or `getCity()`. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  go: /Request\{(\w+):|\.Get([A-Z]\w*)\(/g,
  python: /Request\((\w+)=|(?<=location|error|result)\.([a-z_]+)/g,
  java: /(?<!error)\.(?:get|set|has|addAll)([A-Z]\w*?)(?:List)?\(/g,
};

function namesIn({ language, code }: CodeBlock): Named[] {
  const found = (kind: Named["kind"], pattern: RegExp) =>
    Array.from(code.matchAll(pattern), ([, one, other]) => ({ kind, name: one ?? other ?? "" }));
  return [
    ...found("rpc", /\bgeo\.(\w+)\(/g),
    ...found("message", /(?<!connect\.)\b([A-Z]\w*Request)\b/g),
    ...found("field", FIELDS[language] ?? /(?!)/g),
  ];
}

/** These messages and all that their fields hold. */
function messagesOf(messages: readonly DescMessage[], known = new Set<DescMessage>()) {
  for (const message of messages) {
    if (known.has(message)) continue;
    known.add(message);
    messagesOf(
      message.fields.flatMap((field) => field.message ?? []),
      known,
    );
  }
  return known;
}

/** A name as every language can be compared by: `IpAddress`, `ipAddress` and `ip_address` are one. */
function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** Of a tree, in order, with `/` between the parts. */
function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

/** The first two levels. */
function directoriesOf(files: readonly string[]): string[] {
  return [...new Set(files.map((file) => file.split("/", 2).join("/")))];
}

/** What the guide says that the stream answers. */
function shownLines(): unknown[] {
  const texts = codeBlocks(GUIDE).filter(({ language }) => language === "text");
  const shown = texts.find(({ code }) => code.startsWith('{"location":'));
  return (shown?.code ?? "").trimEnd().split("\n").map(withoutMessage);
}

/** A line of the stream; sentences may change. */
function withoutMessage(line: string): unknown {
  const { error, ...rest } = JSON.parse(line);
  return error === undefined ? rest : { error: { ...error, message: "" } };
}
