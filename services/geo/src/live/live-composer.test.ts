import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import {
  LookupFramesRequest,
  LookupFramesResponse,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { type Poller, startPoller } from "@geomesh/runtime/async/poller";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { LookupContext } from "../rpc/lookup-context.ts";
import { AnsweredFrames } from "../rpc/lookup-frames.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import type { LiveComposer } from "./live-composer.ts";
import { openLive } from "./open-live.ts";

const logged: { level: number; msg: string; dataset?: string; reason?: string }[] = [];
const log = createLog({
  service: "geo",
  destination: { write: (line: string) => void logged.push(JSON.parse(line)) },
});
let directory: string;
let live: LiveComposer;
let announced: Dataset[];
let errors: unknown[];
let poller: Poller;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-live-"));
  announced = [];
  logged.length = 0;
  errors = [];
});

afterEach(async () => {
  await poller.close();
  expect(errors).toEqual([]);
  await rm(directory, { recursive: true });
});

async function openWith(settings: Record<string, string> = {}): Promise<void> {
  const config = readConfig({
    GEO_DATA_DIR: join(directory, "data"),
    GEO_DATASETS_DIR: directory,
    ...settings,
  });
  live = await openLive(config, {
    directory: { path: directory, packaged: [] },
    clock: SYSTEM_CLOCK,
    log,
    onDataset: (dataset) => announced.push(dataset),
  });
  expect(live.problems()).toEqual(["no dataset is loaded yet"]);
  await live.load();
  poller = startPoller(() => live.poll(), { pauseMs: 5, onError: (error) => errors.push(error) });
}

/** Puts a file in place as operators do: written aside, then renamed. */
async function put(name: string, content: Buffer | string): Promise<void> {
  await writeFile(join(directory, "new.part"), content);
  await rename(join(directory, "new.part"), join(directory, name));
}

const DAY_MS = 24 * 3600 * 1000;

/** A build whose number stands in several fields of every answer. */
function build(number: number): Buffer {
  const city = {
    ...RECORDS.city,
    city: { geoname_id: number + 1, names: { en: `City ${number}` } },
    postal: { code: `P${number}` },
  };
  const buildTime = new Date(Date.UTC(2026, 0, 1) + number * DAY_MS);
  const blocks = ["1.0.0.0/8", "3.0.0.0/8", "4.0.0.0/8", "2a00::/16"];
  return writeMmdb(Object.fromEntries(blocks.map((block) => [block, city])), { buildTime });
}

function ask(ipAddresses: string[]): Location[] {
  const frame = { frameId: 1, ipAddresses, language: "", partsMax: 0, withNames: false };
  const countAddresses = () => undefined;
  const context = new LookupContext({ live, clock: SYSTEM_CLOCK, countAddresses });
  const answer = new AnsweredFrames(context).answer(LookupFramesRequest.encode(frame).finish());
  return LookupFramesResponse.decode(answer).results.map(({ result }) => {
    if (result?.$case !== "location") throw new Error("no location");
    return result.value;
  });
}

/** Each costs a thread, which inspects the file. */
const SWAPS = 15;

/** The build that an answer is of; undefined when its fields are of several. */
function buildOf({ city, cityGeonameId, postalCode }: Location): number | undefined {
  const number = Number(cityGeonameId) - 1;
  return city === `City ${number}` && postalCode === `P${number}` ? number : undefined;
}

test.each<[settings: Record<string, string>, begins: string]>([
  [{}, ""],
  [{ PUBLIC_URL: "https://api.example.com/geo/" }, "https://api.example.com/geo"],
])(
  "with %j flags are at `%s/v1/flags/…`, in overridden locations too",
  async (settings, begins) => {
    await put("city.mmdb", build(0));
    await put("overrides.ndjson", '{"network":"3.0.0.0/8","country_code":"NL"}');
    await openWith({ ...settings, GEO_OVERRIDES_FILE: join(directory, "overrides.ndjson") });
    expect(ask(["1.1.1.1", "3.1.1.1"]).map(({ flag }) => [flag?.svg, flag?.png])).toEqual([
      [`${begins}/v1/flags/gb.svg`, `${begins}/v1/flags/gb.png`],
      [`${begins}/v1/flags/nl.svg`, `${begins}/v1/flags/nl.png`],
    ]);
  },
);

test("lookups continue while a dataset is swapped many times, and no frame mixes two builds", async () => {
  await put("city.mmdb", build(0));
  await openWith();
  const addresses = ["1.1.1.1", "2a00::1", "1.255.0.1", "2a00:ffff::"];
  let isDone = false;
  const seen = new Set<number>();
  const mixed: (number | undefined)[][] = [];
  const lookups = (async () => {
    while (!isDone) {
      const numbers = ask(addresses).map(buildOf);
      const [number] = numbers;
      if (number === undefined || numbers.some((other) => other !== number)) mixed.push(numbers);
      else seen.add(number);
      // In between the files are read.
      await setImmediate();
    }
  })();
  for (let number = 1; number <= SWAPS; number++) {
    await put("city.mmdb", build(number));
    await eventually(() => seen.has(number));
  }
  isDone = true;
  await lookups;
  expect(mixed).toEqual([]);
  expect(seen.size).toBe(1 + SWAPS);
  expect(announced.map(({ buildTime }) => buildTime?.getTime())).toHaveLength(1 + SWAPS);
});

test.each<[string, Buffer, RegExp]>([
  ["a file that is cut off", build(9).subarray(0, 300), /not an MMDB file/],
  ["an older build", build(1), /before the serving build/],
  [
    "another type",
    writeMmdb(
      { "1.0.0.0/8": RECORDS.city },
      { databaseType: "Other-City", buildTime: new Date("2026-03-01") },
    ),
    /the type is Other-City/,
  ],
  [
    "a build that lost most of its networks",
    writeMmdb({ "1.0.0.0/32": RECORDS.city }, { buildTime: new Date("2026-03-01") }),
    /networks/,
  ],
])(
  "%s is refused with its reason, and the build before it continues to serve",
  async (_, content, reason) => {
    await put("city.mmdb", Buffer.from(build(5)));
    await openWith();
    await put("city.mmdb", content);
    const refused = await eventually(
      () => live.list().find(({ isServing }) => !isServing) ?? false,
    );
    expect(refused).toMatchObject({ name: "city.mmdb", reason: expect.stringMatching(reason) });
    expect(ask(["1.0.0.0"])[0]?.city).toBe("City 5");
    await put("city.mmdb", build(6));
    await eventually(() => ask(["1.1.1.1"])[0]?.city === "City 6");
    expect(live.list()).toMatchObject([{ isServing: true }]);
  },
);

test("a directory with odd files in it serves those that are datasets", async () => {
  await put("city.mmdb", build(1));
  await put("README.txt", "not a dataset");
  await put("broken.mmdb", "neither");
  await put("broken.csv", "1.2.3.4;5");
  await openWith();
  expect(live.problems()).toEqual([]);
  expect(live.list().map(({ name, isServing }) => [name, isServing])).toEqual([
    ["city.mmdb", true],
    ["broken.csv", false],
    ["broken.mmdb", false],
  ]);
});

test("an empty directory is a problem until a dataset is there, and again after it is removed", async () => {
  await openWith();
  expect(live.problems()).toHaveLength(1);
  await put("city.mmdb", build(1));
  await eventually(() => live.problems().length === 0);
  await rm(join(directory, "city.mmdb"));
  await eventually(() => live.problems().length === 1);
});

test("what is meant as a dataset and cannot be one is listed and logged with its reason", async () => {
  await put("X.tar.gz", "archive");
  await put("x.mmdb.gz", "archive");
  await put("COUNTRY.MMDB", build(1));
  await mkdir(join(directory, "dir.mmdb"));
  await symlink(join(directory, "nowhere"), join(directory, "link.mmdb"));
  await openWith();
  const expected = {
    "COUNTRY.MMDB": "its name must end in .mmdb, not .MMDB",
    "X.tar.gz": "it is an archive: unpack it",
    "dir.mmdb": "it is not a file",
    "link.mmdb": "it is a link to a file that does not exist",
    "x.mmdb.gz": "it is an archive: unpack it",
  };
  const listed = live.list().map(({ name, isServing, reason }) => [name, isServing, reason]);
  expect(listed).toEqual(Object.entries(expected).map(([name, reason]) => [name, false, reason]));
  const warned = logged.filter(({ msg }) => msg === "dataset refused");
  expect(Object.fromEntries(warned.map(({ dataset, reason }) => [dataset, reason]))).toEqual(
    expected,
  );
  const reasons = Object.entries(expected).map(([name, reason]) => `${name}: ${reason}`);
  expect(live.problems()).toEqual([`no dataset can serve: ${reasons.join("; ")}`]);
});

test("an empty directory is told at once, in the log and as a problem", async () => {
  await openWith();
  const sentence = `no dataset can serve: ${directory} has no .mmdb or .csv file`;
  expect(live.problems()).toEqual([sentence]);
  expect(logged).toContainEqual(expect.objectContaining({ level: 50, msg: sentence }));
});

test("when the only dataset with places is removed, geo says so and is not ready, until there are places again", async () => {
  await put("city.mmdb", build(1));
  await put("asn.csv", "1.0.0.0,1.255.255.255,6450,Example\n");
  await openWith();
  expect(live.problems()).toEqual([]);
  await rm(join(directory, "city.mmdb"));
  const sentence = "no dataset can serve places any more: city.mmdb: it was removed";
  await eventually(() => live.problems()[0] === sentence);
  expect(() => ask(["1.1.1.1"])).toThrow(expect.objectContaining({ reason: "DATASET_MISSING" }));
  expect(live.list()).toContainEqual(
    expect.objectContaining({ name: "city.mmdb", isServing: false, reason: "it was removed" }),
  );
  expect(logged).toContainEqual(expect.objectContaining({ level: 50, msg: sentence }));
  expect(logged).toContainEqual(
    expect.objectContaining({ level: 40, msg: "dataset removed", dataset: "city.mmdb" }),
  );
  await put("city-2.mmdb", build(2));
  await eventually(() => live.problems().length === 0);
  expect(ask(["1.1.1.1"])[0]?.city).toBe("City 2");
  expect(live.list().map(({ name }) => name)).toEqual(["city-2.mmdb", "asn.csv"]);
});

test("a dataset without places never was a reason to be unready", async () => {
  await put("asn-ipv4.csv", "1.0.0.0,1.255.255.255,6450,Example\n");
  await put("asn-ipv6.csv", "2a00::,2a00:ffff::,6450,Example\n");
  await openWith();
  expect(live.problems()).toEqual([]);
  await rm(join(directory, "asn-ipv4.csv"));
  await eventually(() => live.list().some(({ reason }) => reason === "it was removed"));
  expect(live.problems()).toEqual([]);
});

test("the sources that GEO_ASN_SOURCES names are merged, and merged anew when one of them changes", async () => {
  await put("a.csv", "1.0.0.0,1.0.0.255,6450,N6450\n");
  await put("b.csv", "1.0.0.0,1.0.0.255,6451,N6451\n");
  await put("c.csv", "1.0.0.0,1.0.0.255,6451,N6451\n");
  await put("other.csv", "1.0.0.0,1.0.0.255,6452,Other\n2.0.0.0,2.0.0.255,6452,Other\n");
  await openWith({ GEO_ASN_SOURCES: "a.csv,b.csv,c.csv" });
  const numbers = () =>
    ask(["1.0.0.1", "2.0.0.1"]).map(({ connection }) => connection?.autonomousSystemNumber);
  expect(numbers()).toEqual([6451, undefined]);
  await put("c.csv", "1.0.0.0,1.0.0.255,6450,N6450\n");
  await eventually(() => numbers()[0] === 6450);
});

test("lists are followed, and a bad line leaves the last valid lists in use", async () => {
  await put("city.mmdb", build(1));
  const relays = join(directory, "lists", "relay");
  await mkdir(relays, { recursive: true });
  await writeFile(join(relays, "a.txt"), "1.1.1.1\n");
  await openWith({ GEO_SECURITY_DIR: join(directory, "lists") });
  const relayFlags = () => ask(["1.1.1.1", "1.1.1.2"]).map(({ security }) => security?.isRelay);
  expect(relayFlags()).toEqual([true, false]);
  await writeFile(join(relays, "a.txt"), "1.1.1.2,DE,DE-BE,Berlin,\n");
  await eventually(() => relayFlags().join() === "false,true");
  await writeFile(join(relays, "b.txt"), "# new\nnonsense\n");
  await eventually(() => /relay\/b.txt: line 2 /.test(live.warnings().join()));
  expect(relayFlags()).toEqual([false, true]);
  // At once, not file by file: what is seen in between would be lists as well.
  await rename(join(directory, "lists"), join(directory, "gone"));
  await eventually(() => live.warnings().join().includes("cannot be read (ENOENT)"));
  expect(relayFlags()).toEqual([false, true]);
});

test("a file of systems without a known publisher has no credits, whatever its name", async () => {
  await put("asn-ipv4.csv", "1.0.0.0,1.255.255.255,6450,Example\n");
  await openWith();
  expect(live.list()).toMatchObject([{ name: "asn-ipv4.csv", license: "", attribution: "" }]);
});

test("overrides are followed, and a bad line leaves the last valid file in use", async () => {
  await put("city.mmdb", build(1));
  await put("overrides.ndjson", '{"network":"10.0.0.0/8","city":"Campus","country_code":"DE"}\n');
  await openWith({ GEO_OVERRIDES_FILE: join(directory, "overrides.ndjson") });
  expect(ask(["10.1.2.3"])[0]).toMatchObject({ city: "Campus", isOverridden: true });
  await put(
    "overrides.ndjson",
    '# new\n{"network":"10.0.0.0/8","city":"Other"}\n{"network":"10.0.0.0/99"}\n',
  );
  await eventually(() => live.warnings().join().includes("line 3 "));
  expect(ask(["10.1.2.3"])[0]).toMatchObject({ city: "Campus" });
  await put("overrides.ndjson", '{"network":"10.0.0.0/8","city":"Other"}\n');
  await eventually(() => ask(["10.1.2.3"])[0]?.city === "Other");
});
